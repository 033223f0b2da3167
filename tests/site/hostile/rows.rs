//! The files, class by class.

use super::table::{Fate, NAME, PAYLOAD, Row};
use super::{jpeg, png, webp};
use crate::support::pictures;

const NO_PICTURE: Fate = Fate::Refused(
    415,
    "unsupported_media",
    "Only JPEG, PNG and WebP pictures work here.",
);
pub const IS_BROKEN: &str = "This file could not be read as a picture. It may be damaged.";

const BROKEN: Fate = Fate::Refused(422, "bad_image", IS_BROKEN);
const MOVES: Fate = Fate::Refused(
    422,
    "bad_image",
    "This picture moves. Please choose a still one.",
);
const TOO_MANY_PIXELS: Fate = Fate::Refused(
    422,
    "bad_image",
    "This picture has too many pixels. Up to 50 million work here, and sides of up to 12,000; please make it smaller.",
);
const AS_JPEG: Fate = Fate::Kept("image/jpeg");
const AS_PNG: Fate = Fate::Kept("image/png");

/// `rows! { class; file, name it is sent by, what it attacks, bytes => fate; … }`
macro_rules! rows {
    ($class:literal; $($file:literal, $name:expr, $attacks:literal, $bytes:expr => $fate:expr;)+) => {
        vec![$(Row {
            class: $class,
            file: $file,
            name: $name.into(),
            attacks: $attacks,
            bytes: $bytes,
            fate: $fate,
        }),+]
    };
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

pub fn truncated() -> Vec<Row> {
    let webp = webp::file(&[webp::flat(64, 64)]);
    let no_data = jpeg::flat(64, 64);
    let cut = no_data.len() - 2;
    rows! { "truncated";
        "a JPEG cut in half", "half.jpg", "a decoder that paints the rest grey: half a person is paid for",
            half(pictures::person()) => BROKEN;
        "a JPEG without its last two bytes", "end.jpg", "a check that looks at the beginning only",
            no_data[..cut].to_vec() => BROKEN;
        "a PNG cut in half", "half.png", "a decoder that leaves the rest black",
            half(pictures::garment()) => BROKEN;
        "a WebP cut in half", "half.webp", "a length that is believed: the decoder reads what is not there",
            half(&webp) => BROKEN;
    }
}

pub fn bombs() -> Vec<Row> {
    let with_profile = png::with_chunks(pictures::garment(), &[png::profile_of_zeros(150_000_000)]);
    rows! { "decompression bomb";
        "a PNG of 50 kB, well-formed, of 20 000 × 20 000 pixels of one bit", "bomb.png", "memory: 400 MB of pixels",
            png::flat(20_000, 20_000, 1) => TOO_MANY_PIXELS;
        "a PNG whose colour profile is 1 MB that inflates to 150 MB", "profile.png", "memory, before the first pixel is read",
            with_profile => AS_PNG;
        "a progressive JPEG of 12 000 × 4 000 pixels", "coefficients.jpg", "memory beside the pixels: the decoder keeps all coefficients, 430 MB in all",
            jpeg::flat_progressive(12_000, 4_000, 1, 1) => TOO_MANY_PIXELS;
        "a progressive JPEG of 5 000 scans", "scans.jpg", "time: each scan goes over the whole picture",
            jpeg::flat_progressive(64, 64, 1, 5_000) => BROKEN;
        "a WebP of 4 MB, of 64 × 64 pixels, with 65 536 groups of prefix codes", "codes.webp", "memory: 1.3 GB of code tables for 4 096 pixels",
            webp::file(&[webp::many_codes(65_536)]) => BROKEN;
        "a WebP whose canvas is 64 × 64 and whose frame is 16 383 × 16 383", "canvas.webp", "a check that believes the canvas: the decoder makes room for the frame",
            webp::file(&[webp::extended(0, 64, 64), webp::lossy_header(16_383, 16_383)]) => BROKEN;
    }
}

pub fn wrong_types() -> Vec<Row> {
    let script = format!("<script>/* {PAYLOAD} */</script>");
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{script}</svg>");
    rows! { "wrong type";
        "a GIF named .jpg", "person.jpg", "a check of the name, not of the content",
            b"GIF89a\x01\0\x01\0\0\0\0;".to_vec() => NO_PICTURE;
        "an SVG with a script, named .png", "person.png", "whoever opens the picture on our site",
            svg.into_bytes() => NO_PICTURE;
        "an HTML page named .webp", "person.webp", "the same",
            format!("<!doctype html>{script}").into_bytes() => NO_PICTURE;
        "a HEIC photo of a phone named .jpg", "IMG_0001.jpg", "decoders nobody asked for",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec() => NO_PICTURE;
        "a TIFF named .png", "scan.png", "the same: TIFF has many kinds inside",
            b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec() => NO_PICTURE;
        "a program named .jpg", "person.jpg", "whoever downloads it",
            [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57], PAYLOAD.as_bytes()].concat() => NO_PICTURE;
    }
}

/// A picture that is something else as well is kept without the rest: phones put films, second pictures
/// and depth maps behind a JPEG, and editors anything into comments, so refusing would hit honest people;
/// and what is cut off does no harm. What does not begin as a picture is none.
pub fn polyglots() -> Vec<Row> {
    let script = format!("<script>{PAYLOAD}</script>");
    let script = script.as_bytes();
    let zip = [
        b"PK\x03\x04".as_slice(),
        PAYLOAD.as_bytes(),
        b"PK\x05\x06",
        &[0; 18],
    ]
    .concat();
    let (person, garment) = (pictures::person(), pictures::garment());
    let thumbnail = [b"JFIF\0\x01\x02\0\0\x01\0\x01\x10\x10".as_slice(), script].concat();
    let webp = |more: Vec<u8>| webp::file(&[webp::extended(0, 64, 64), webp::flat(64, 64), more]);
    rows! { "polyglot";
        "a JPEG with a ZIP archive behind it", "person.jpg", "a file that is an archive to others",
            [person, &zip].concat() => AS_JPEG;
        "a JPEG with a script in a comment", "person.jpg", "a file that is a page to others",
            jpeg::with_segment(person, jpeg::COMMENT, script) => AS_JPEG;
        "a JPEG with a script in its thumbnail", "person.jpg", "the same, where the colours are told",
            jpeg::with_segment(&jpeg::flat(64, 64), 0xe0, &thumbnail) => AS_JPEG;
        "a PNG with PHP behind its end", "garment.png", "a server that runs what is uploaded",
            [garment, b"<?php ", PAYLOAD.as_bytes(), b" ?>"].concat() => AS_PNG;
        "a PNG with a script in its text", "garment.png", "a file that is a page to others",
            png::with_chunks(garment, &[png::chunk(b"tEXt", &[b"Comment\0", script].concat())]) => AS_PNG;
        "a WebP with a chunk nobody knows", "garment.webp", "the same",
            webp(webp::chunk(b"page", script)) => AS_PNG;
        "a WebP with an archive behind it", "garment.webp", "a file that is an archive to others",
            [webp(Vec::new()), zip].concat() => AS_PNG;
        "a PDF with a JPEG inside", "person.jpg", "a check that looks for a picture anywhere",
            [b"%PDF-1.4\n", person].concat() => NO_PICTURE;
        "a GIF that is a script as well", "person.gif", "a page that loads its script from us",
            [b"GIF89a/*\0\0*/=1;", script].concat() => NO_PICTURE;
    }
}

pub fn huge() -> Vec<Row> {
    rows! { "huge dimensions";
        "the header of a PNG of 50 000 × 50 000", "huge.png", "memory: 7.5 GB",
            png::header(50_000, 50_000, 8) => TOO_MANY_PIXELS;
        "the header of a PNG of 2 147 483 647 × 2 147 483 647", "largest.png", "arithmetic: the size in bytes fits no number",
            png::header(0x7fff_ffff, 0x7fff_ffff, 8) => TOO_MANY_PIXELS;
        "a PNG of 32 × 12 001", "long.png", "other people's limits of a side",
            png::flat(32, 12_001, 8) => TOO_MANY_PIXELS;
        "a JPEG of 65 535 × 65 535 without pixels", "huge.jpg", "memory: 13 GB",
            jpeg::without_pixels(65_535, 65_535) => TOO_MANY_PIXELS;
        "a JPEG of 64 × 64 with a second header of 65 535 × 65 535", "two.jpg", "a check of the first, a decoder that takes the last",
            jpeg::with_two_frames(65_535, 65_535) => BROKEN;
        "a WebP of 16 384 × 16 384 of one colour, in 40 bytes", "huge.webp", "memory: 800 MB",
            webp::file(&[webp::flat(16_384, 16_384)]) => TOO_MANY_PIXELS;
    }
}

/// A still picture is asked for. The first frame is seldom the one that is meant, so it is not guessed.
pub fn animated() -> Vec<Row> {
    let webp = webp::file(&[
        webp::extended(webp::ANIMATED, 64, 64),
        webp::chunk(b"ANIM", &[0; 6]),
        webp::frame(64, 64),
        webp::frame(64, 64),
    ]);
    let unsaid = webp::file(&[
        webp::extended(0, 64, 64),
        webp::frame(64, 64),
        webp::flat(64, 64),
    ]);
    rows! { "animated";
        "an animated PNG", "moving.png", "a check of what is not what people see",
            png::animated(true) => MOVES;
        "an animated PNG whose first picture belongs to no frame", "hidden.png", "the same: the first picture is shown to nobody",
            png::animated(false) => MOVES;
        "an animated WebP", "moving.webp", "memory and time, by frames",
            webp => MOVES;
        "a WebP with frames that its header does not tell of", "unsaid.webp", "a check of the header only",
            unsaid => MOVES;
        "an animated GIF", "moving.gif", "memory and time, by frames",
            b"GIF89a\x40\0\x40\0\0\0\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0;".to_vec() => NO_PICTURE;
    }
}

pub fn zeros() -> Vec<Row> {
    let behind = |begin: &[u8]| [begin, &[0; 4_096]].concat();
    rows! { "zero bytes";
        "nothing at all", "empty.jpg", "code that reads the first byte",
            Vec::new() => NO_PICTURE;
        "4 096 zeros", "zeros.png", "a check that finds nothing wrong where nothing is",
            behind(b"") => NO_PICTURE;
        "the beginning of a JPEG and 4 096 zeros", "zeros.jpg", "a length of zero: the reader stays where it is, for ever",
            behind(b"\xff\xd8\xff\xe0") => BROKEN;
        "the beginning of a PNG and 4 096 zeros", "zeros.png", "the same",
            behind(b"\x89PNG\r\n\x1a\n") => BROKEN;
        "the beginning of a WebP and 4 096 zeros", "zeros.webp", "the same",
            behind(b"RIFF\x04\x10\0\0WEBP") => BROKEN;
    }
}

/// The name is never used: a file is stored under an owner and a random id.
pub fn names() -> Vec<Row> {
    let (person, garment) = (pictures::person(), pictures::garment());
    let webp = webp::file(&[webp::flat(64, 64)]);
    let long = format!("{NAME}{}.jpg", "a".repeat(5_000));
    rows! { "path tricks in names";
        "a JPEG named `../../../etc/cron.d/…`", "../../../etc/cron.d/hostile-name.jpg", "files outside the store",
            person.to_vec() => AS_JPEG;
        "a PNG named `..\\..\\…`", "..\\..\\hostile-name.png", "the same, on Windows",
            garment.to_vec() => AS_PNG;
        "a WebP named `/var/www/….php%00.webp`", "/var/www/hostile-name.php%00.webp", "a server that runs PHP, a check that stops at the zero",
            webp => AS_PNG;
        "a JPEG named `<img src=x onerror=…>`", "<img src=x onerror=alert('hostile-name')>.jpg", "a page that shows the name",
            person.to_vec() => AS_JPEG;
        "a PNG with a second `name` behind a quote", "hostile-name.png\"; name=\"garment", "the reader of the form",
            garment.to_vec() => AS_PNG;
        "a JPEG with a line break and a header in its name", "hostile-name.jpg\"\r\nX-Header: \"hostile-name", "the same",
            person.to_vec() => AS_JPEG;
        "a JPEG whose name turns the reading direction, `…gpj.exe`", "hostile-name\u{202e}gpj.exe", "whoever reads the name in a list",
            person.to_vec() => AS_JPEG;
        "a JPEG with a zero byte in its name", "hostile-name.php\0.jpg", "a check that stops at the zero",
            person.to_vec() => Fate::Unreadable;
        "a JPEG with a name of 5 000 letters", long, "the limits of file systems and columns",
            person.to_vec() => AS_JPEG;
    }
}

pub fn lengths() -> Vec<Row> {
    let (person, garment) = (pictures::person(), pictures::garment());
    let lossless = webp::flat(64, 64);
    let exif = webp::lying_chunk(b"EXIF", u32::MAX, b"MM");
    let far = webp::file(&[
        webp::extended(webp::HAS_EXIF, 64, 64),
        lossless.clone(),
        exif,
    ]);
    let mut longer = webp::file(&[lossless]);
    longer[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let text =
        |length: u32| png::with_chunks(garment, &[png::lying_chunk(b"tEXt", length, b"a\0b")]);
    let mut wrong = garment.to_vec();
    // The check of the header.
    wrong[29] ^= 1;
    rows! { "corrupt chunk lengths";
        "a JPEG with a segment of length 0", "zero.jpg", "a reader that does not move on",
            jpeg::with_bytes(person, &[0xff, 0xe5, 0, 0]) => BROKEN;
        "a JPEG with a segment that ends behind the file", "far.jpg", "a reader that goes on behind the end",
            jpeg::with_bytes(&jpeg::flat(64, 64), &[0xff, 0xe5, 0xff, 0xff]) => BROKEN;
        "a PNG with a chunk of 4 294 967 295 bytes", "far.png", "memory: room is made for what is said",
            text(u32::MAX) => BROKEN;
        "a PNG with a chunk one byte longer than it is", "off.png", "everything that follows is read one byte off",
            text(4) => BROKEN;
        "a PNG whose header has a wrong check", "check.png", "a reader that does not check",
            wrong => BROKEN;
        "a WebP with EXIF data of 4 294 967 295 bytes", "far.webp", "memory: room is made for what is said",
            far => BROKEN;
        "a WebP that says it is 4 GB long", "longer.webp", "the same",
            longer => BROKEN;
    }
}

pub fn exif() -> Vec<Row> {
    let person = pictures::person();
    let tiff = |inside: &[u8]| [b"MM\0\x2a\0\0\0\x08".as_slice(), inside].concat();
    let jpeg = |tiff: &[u8]| jpeg::with_segment(person, jpeg::EXIF, &[b"Exif\0\0", tiff].concat());
    // 65 535 entries are told of, and one is there.
    let many = b"\xff\xff\x01\x0e\0\x02\0\0\0\x10\0\0\0\0";
    let many = tiff(&[many.as_slice(), PAYLOAD.as_bytes()].concat());
    // The entry that names another list points at the list it stands in, and so does the next list.
    let loops = b"\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08";
    let loops = tiff(&[loops.as_slice(), PAYLOAD.as_bytes()].concat());
    // An orientation that there is not, as a text of 4 GB somewhere behind the file.
    let far = tiff(b"\0\x01\x01\x12\0\x02\xff\xff\xff\xff\xff\xff\xff\xf0\0\0\0\0");
    let filled = |bytes: usize| PAYLOAD.as_bytes().repeat(bytes / PAYLOAD.len());
    let full = jpeg::segment(jpeg::EXIF, &[b"Exif\0\0", &filled(65_000)[..]].concat());
    // Nine megabytes of them.
    let parts: Vec<u8> = (0..100_000_u32).flat_map(extended_xmp).collect();
    let webp = webp::file(&[
        webp::extended(webp::HAS_EXIF, 64, 64),
        webp::flat(64, 64),
        webp::chunk(b"EXIF", &filled(9_000_000)),
    ]);
    let png = png::with_chunks(
        pictures::garment(),
        &[png::chunk(b"eXIf", &filled(9_000_000))],
    );
    rows! { "EXIF bomb";
        "a JPEG whose EXIF data tells of 65 535 entries and has one", "many.jpg", "a reader that goes on behind the end",
            jpeg(&many) => AS_JPEG;
        "a JPEG whose EXIF lists point at themselves", "loop.jpg", "a reader that follows them for ever",
            jpeg(&loops) => AS_JPEG;
        "a JPEG whose orientation is a text of 4 GB", "far.jpg", "memory: room is made for what is said",
            jpeg(&far) => AS_JPEG;
        "a JPEG with 140 EXIF segments of 64 kB", "full.jpg", "memory, and a place that is shared with others",
            jpeg::with_bytes(person, &full.repeat(140)) => AS_JPEG;
        "a JPEG with 100 000 parts of one XMP text", "parts.jpg", "time: the decoder compares each with all others",
            jpeg::with_bytes(person, &parts) => AS_JPEG;
        "a PNG with 9 MB of EXIF data", "full.png", "memory",
            png => BROKEN;
        "a WebP with 9 MB of EXIF data", "full.webp", "memory",
            webp => AS_PNG;
    }
}

/// A part of a text that is said to be longer than all of them.
fn extended_xmp(number: u32) -> Vec<u8> {
    let inside = [
        b"http://ns.adobe.com/xmp/extension/\0".as_slice(),
        &[b'0'; 32],
        &u32::MAX.to_be_bytes(),
        &number.to_be_bytes(),
        b"x",
    ];
    jpeg::segment(jpeg::EXIF, &inside.concat())
}
