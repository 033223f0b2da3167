/** What is wrong with how a page lies in its window; each fault names an element and what it says. */
export interface Layout {
  /** How far the page scrolls sideways. */
  sideways: number;
  /** Text of which a part can be seen by no means. */
  cut: string[];
  /** Text that sticks out of its own box. */
  spilled: string[];
  /** Figures of which a part stands on the next line. */
  broken: string[];
  /** Text on top of other text. */
  overlapping: string[];
  /** What scrolls sideways by itself, and cannot be reached by keyboard or is no table. */
  scrolling: string[];
  /** How much of the window’s height is taken by what stays in place when the page scrolls. */
  covered: number;
}

/** Measures the page it runs in, so all that it needs stands inside. */
export function layout(): Layout {
  const SLACK = 1;
  /** The height of letters beside their size: the box of a line is taller. */
  const LETTERS = 0.8;
  /** What a field for a date leaves free between the date and its button, where it has the room. */
  const BLANK = 24;
  /** The same of a field for a file, which keeps room for the file’s name beside its few words. */
  const ROOM_FOR_A_NAME = 72;

  interface Line {
    element: Element;
    rect: DOMRect;
    letters: DOMRect;
    /** What it is drawn on: the page, or something that lies above it. */
    layer: Element;
  }

  const root = document.documentElement;
  const everything = [...document.body.querySelectorAll('*')];
  const lines = linesOf(document.body);
  return {
    sideways: root.scrollWidth - root.clientWidth,
    cut: named([...lines.filter(isCut).map(({ element }) => element), ...everything.filter(isCutField)]),
    spilled: named(lines.filter(isSpilled).map(({ element }) => element)),
    broken: named(lines.filter(isBroken).map(({ element }) => element)),
    overlapping: overlaps(lines),
    scrolling: named(everything.filter((element) => scrollsSideways(element) && !isReachableTable(element))),
    covered: covered(everything.filter((element) => !element.closest(':popover-open'))),
  };

  function linesOf(place: Element): Line[] {
    const found: Line[] = [];
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.nodeValue?.trim() || !isShown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const size = parseFloat(getComputedStyle(element).fontSize) * LETTERS;
      for (const rect of range.getClientRects()) {
        const letters = new DOMRect(rect.x, rect.y + (rect.height - size) / 2, rect.width, size);
        if (rect.width > 0) found.push({ element, rect, letters, layer: layerOf(element) });
      }
    }
    return found;
  }

  /** Whether the eye is to see it: some words are for screen readers, and the skip link waits above the page. */
  function isShown(element: Element): boolean {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    if (element.matches('.skip:not(:focus), option') || isShortened(element)) return false;
    return upwards(element).every((each) => getComputedStyle(each).clipPath !== 'inset(50%)');
  }

  /** Cut on purpose, with all of it in its title. */
  function isShortened(element: Element): boolean {
    const ends = getComputedStyle(element).textOverflow === 'ellipsis';
    return ends && element.getAttribute('title') === element.textContent;
  }

  function isCut({ element, rect, letters }: Line): boolean {
    for (const each of upwards(element)) {
      const { overflowX, overflowY } = getComputedStyle(each);
      // What scrolls can be scrolled.
      if (/auto|scroll/.test(overflowX + overflowY)) return false;
      const box = each.getBoundingClientRect();
      const isBeside = rect.left < box.left - SLACK || rect.right > box.right + SLACK;
      const isAbove = letters.top < box.top - SLACK || letters.bottom > box.bottom + SLACK;
      if ((overflowX !== 'visible' && isBeside) || (overflowY !== 'visible' && isAbove)) return true;
    }
    return rect.left < -SLACK || rect.right > root.clientWidth + SLACK;
  }

  /** What is written into a field can be scrolled; what the browser shows in one cannot. */
  function isCutField(element: Element): boolean {
    const shows = element.matches('input:is([type=date], [type=file])');
    if (!shows || !element.checkVisibility({ opacityProperty: true })) return false;
    const { style, clientWidth } = element as HTMLElement;
    style.inlineSize = 'max-content';
    const blank = element.matches('[type=file]') ? ROOM_FOR_A_NAME : BLANK;
    const isTooNarrow = element.clientWidth - blank > clientWidth + SLACK;
    style.inlineSize = '';
    return isTooNarrow;
  }

  function isSpilled({ element, rect }: Line): boolean {
    const block = upwards(element).find((each) => !/^(inline|contents)$/.test(getComputedStyle(each).display));
    const box = block?.getBoundingClientRect();
    return box !== undefined && (rect.left < box.left - SLACK || rect.right > box.right + SLACK);
  }

  function isBroken({ element }: Line, at: number): boolean {
    const isFigure = element.matches('.figure, .price') && !/\s/.test(element.textContent ?? '');
    return isFigure && lines[at - 1]?.element === element;
  }

  function overlaps(all: Line[]): string[] {
    const sorted = [...all].sort((one, other) => one.letters.top - other.letters.top);
    const found = sorted.flatMap((one, at) => {
      const end = sorted.findIndex(({ letters }, later) => later > at && letters.top >= one.letters.bottom);
      const near = sorted.slice(at + 1, end < 0 ? undefined : end).filter((other) => isOnTop(one, other));
      return near.map((other) => `${name(one.element)} | ${name(other.element)}`);
    });
    return [...new Set(found)];
  }

  function isOnTop(one: Line, other: Line): boolean {
    if (one.layer !== other.layer || one.element === other.element) return false;
    const [a, b] = [one.letters, other.letters];
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return across > SLACK && down > SLACK;
  }

  function scrollsSideways(element: Element): boolean {
    const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowX);
    return scrolls && element.checkVisibility() && element.scrollWidth > element.clientWidth + SLACK;
  }

  function isReachableTable(element: Element): boolean {
    const isReachable = element.matches('[tabindex="0"]') || element.querySelector('a[href], button') !== null;
    return isReachable && element.querySelector('table') !== null;
  }

  /** From a place in the middle of the page, where whatever sticks sticks. */
  function covered(elements: Element[]): number {
    const before = scrollY;
    scrollTo({ top: root.scrollHeight / 2, behavior: 'instant' });
    const heights = elements.filter(staysInPlace).map((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
    });
    scrollTo({ top: before, behavior: 'instant' });
    return heights.reduce((sum, height) => sum + height, 0) / innerHeight;
  }

  function staysInPlace(element: Element): boolean {
    const { position, top } = getComputedStyle(element);
    if (!element.checkVisibility()) return false;
    const isStuck = Math.abs(element.getBoundingClientRect().top - parseFloat(top)) < SLACK;
    return position === 'fixed' || (position === 'sticky' && isStuck);
  }

  function layerOf(element: Element): Element {
    const stays = (each: Element) => /fixed|sticky/.test(getComputedStyle(each).position);
    return upwards(element).find((each) => each.matches(':popover-open') || stays(each)) ?? root;
  }

  /** The element and all that it stands in. */
  function upwards(element: Element): Element[] {
    const parents: Element[] = [];
    for (let each: Element | null = element; each && each !== root; each = each.parentElement) parents.push(each);
    return parents;
  }

  function named(elements: Element[]): string[] {
    return [...new Set(elements.map(name))];
  }

  function name(element: Element): string {
    const kind = [element.localName, ...element.classList].join('.');
    const parent = element.parentElement;
    const place = parent ? [parent.localName, ...parent.classList].join('.') : '';
    return `${place} > ${kind}: ${(element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}`;
  }
}
