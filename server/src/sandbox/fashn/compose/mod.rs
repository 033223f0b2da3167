pub enum Category {
    Auto,
    Tops,
    Bottoms,
    OnePiece,
}
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("a")]
    Unreadable,
    #[error("b")]
    NoPerson,
    #[error("c")]
    NoGarment,
}
pub struct Composed {
    pub png: Vec<u8>,
    pub width: u32,
    pub height: u32,
}
pub fn compose(
    person: &[u8],
    _garment: &[u8],
    _category: Category,
) -> Result<Composed, ComposeError> {
    let image = image::load_from_memory(person).map_err(|_| ComposeError::Unreadable)?;
    let mut out = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut out, image::ImageFormat::Png)
        .map_err(|_| ComposeError::Unreadable)?;
    Ok(Composed {
        png: out.into_inner(),
        width: image.width(),
        height: image.height(),
    })
}
