// What on the page is hard to see: "words 3.1: 4.5 is needed", for each text and each mark.
() => {
  const colourOf = (css) => {
    const [r, g, b, a = 1] = css.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((top, i) => a * top + (1 - a) * under[i]);
  const lightness = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [lightness(one), lightness(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const faults = new Set(), seen = {};
  const check = (kind, name, colour, ground, least) => {
    const found = ratio(over(colour, ground), ground);
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (found < least) faults.add(`${kind} ${name} ${found.toFixed(2)}: ${least} is needed`);
  };
  const groundOf = (element) => {
    if (!element) return colourOf(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
    const own = colourOf(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, groundOf(element.parentElement));
  };
  const isSeen = (element) => element.checkVisibility() && !element.closest(".unseen, .dim, noscript");

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const element = node.parentElement;
    if (!node.data.trim() || !isSeen(element) || element.closest("svg, style, script")) continue;
    check("text", node.data.trim().slice(0, 30), colourOf(getComputedStyle(element).color), groundOf(element), 4.5);
  }
  for (const item of document.querySelectorAll("#answers li")) {
    check("sign", item.className, colourOf(getComputedStyle(item, "::before").color), groundOf(item), 4.5);
  }
  for (const element of document.querySelectorAll("button, input")) {
    const { color, borderTopColor } = getComputedStyle(element);
    check("text", element.id, colourOf(color), groundOf(element), 4.5);
    check("border", element.id || element.textContent, colourOf(borderTopColor), groundOf(element.parentElement), 3);
  }

  for (const svg of document.querySelectorAll("svg")) {
    if (!isSeen(svg)) continue;
    const parts = [...svg.querySelectorAll("rect, circle, path, text")].map((element) => {
      const style = getComputedStyle(element), painted = (paint, opacity) => {
        if (paint === "none") return null;
        const [r, g, b, a] = colourOf(paint);
        return [r, g, b, a * opacity];
      };
      return { element, box: element.getBoundingClientRect(), fill: painted(style.fill, +style.fillOpacity),
        stroke: painted(style.stroke, +style.strokeOpacity) };
    });
    const ground = groundOf(svg.parentElement);
    const behind = (index, x, y) => parts.slice(0, index).reduce((under, { element, box, fill }) => {
      const isIn = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
      return fill && isIn && element.tagName !== "text" ? over(fill, under) : under;
    }, ground);
    parts.forEach(({ element, box, fill, stroke }, index) => {
      if (element.matches(".paper, .dim, .dim *")) return;
      const y = (box.top + box.bottom) / 2, name = `${element.className.baseVal} ${element.textContent}`.trim();
      if (element.tagName === "text") {
        for (const part of [0.05, 0.25, 0.5, 0.75, 0.95]) {
          check("svg text", name, fill, behind(index, box.left + part * box.width, y), 4.5);
        }
        return;
      }
      const under = behind(index, box.left + 1, y);
      const paints = [fill, stroke].filter(Boolean);
      const best = paints.reduce((a, b) => (ratio(over(a, under), under) >= ratio(over(b, under), under) ? a : b));
      check("mark", name, best, under, 3);
    });
  }
  return { faults: [...faults], seen };
}
