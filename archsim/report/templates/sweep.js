"use strict";
// Hover a point: its design. Click a point or a row: what it is made of. The page is complete without this.
document.addEventListener("DOMContentLoaded", () => {
  const data = JSON.parse(document.getElementById("sweep-data").textContent);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const prefixed = (value, unit) => {
    if (!value) return "–";
    const names = { "-18": "a", "-15": "f", "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M" };
    const power = Math.max(-18, Math.min(6, 3 * Math.floor(Math.log10(value) / 3)));
    return (value / 10 ** power).toPrecision(3) + " " + names[power] + unit;
  };
  const area = (value) => (value === null || value === undefined ? "–" : value && value < 1e-3 ? (value * 1e6).toPrecision(3) + " µm²" : value.toPrecision(3) + " mm²");
  const head = (number, [axes, objectives, , verdict]) =>
    ["#" + number + ", " + verdict, ...data.objectives.map((name, i) => name + ": " + objectives[i]), ...data.axes.map((name, i) => name + " = " + axes[i])].join("\n");

  const show = (number) => {
    const point = data.points[number];
    if (!point) return;
    const [axes, objectives, parts, verdict] = point;
    document.getElementById("design-title").textContent = "Design #" + number;
    document.getElementById("design-verdict").textContent = verdict;
    document.getElementById("design-help").hidden = true;
    const body = document.getElementById("design-body");
    body.replaceChildren();
    const list = make("dl", "", body);
    data.objectives.forEach((name, i) => { make("dt", name, list); make("dd", objectives[i], list); });
    data.axes.forEach((name, i) => { make("dt", name, list); make("dd", axes[i], list); });
    const table = make("table", "", body);
    const titles = make("tr", "", make("thead", "", table));
    ["Component", "Area", "Energy an image"].forEach((text, i) => { make("th", text, titles).className = i ? "number" : ""; });
    const rows = make("tbody", "", table);
    const most = [0, 1].map((k) => Math.max(...parts.map((part) => (part ? part[k] : 0))));
    parts.map((part, i) => [part, i]).filter(([part]) => part).sort((a, b) => b[0][0] - a[0][0]).forEach(([part, i]) => {
      const row = make("tr", "", rows);
      const name = make("td", data.components[i], row);
      name.className = "swatched";
      const swatch = make("i", "", name);
      swatch.className = "swatch";
      swatch.style.background = "var(--" + data.colours[i] + ")";
      [area(part[0]), prefixed(part[1], "J")].forEach((text, k) => {
        const cell = make("td", text, row);
        cell.className = "number";
        const share = make("i", "", cell);
        share.className = "share";
        share.style.width = (most[k] ? (100 * part[k]) / most[k] : 0).toFixed(1) + "%";
      });
    });
    for (const row of document.querySelectorAll("#table-designs tbody tr")) row.classList.toggle("chosen", row.cells[0].dataset.sort === number + ".0");
  };

  // a cloud of dots is one path: the dot under the pointer is found here, its design becomes that of the drawing
  const clouds = new Map();
  const dotsOf = (svg) => {
    if (!clouds.has(svg)) {
      clouds.set(svg, [...svg.querySelectorAll("path[data-dots]")].flatMap((path) => {
        const names = path.dataset.dots.split(" ");
        const radius = path.getAttribute("stroke-width") / 2;
        return path.getAttribute("d").slice(1).split("M").map((text, i) => [...text.split(/[ h]/).slice(0, 2).map(Number), radius, names[i]]);
      }));
    }
    return clouds.get(svg);
  };
  const nearest = (svg, event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    let [found, least] = [null, 3];  // pixels beyond the edge of a dot that still count
    for (const dot of dotsOf(svg)) {
      const away = Math.hypot(dot[0] - place.x, dot[1] - place.y) - dot[2];
      if (away <= least) [found, least] = [dot, away];
    }
    return found;
  };
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  ring.classList.add("ring");
  const aim = (event) => {
    const svg = event.target.closest && event.target.closest("figure svg");
    const dot = svg && !event.target.closest("svg [data-tip]") ? nearest(svg, event) : null;
    if (!dot) {
      ring.remove();
      if (svg) { delete svg.dataset.tip; delete svg.dataset.point; }
      return;
    }
    svg.dataset.point = dot[3];
    svg.dataset.tip = head(dot[3], data.points[dot[3]]);
    ["cx", "cy", "r"].forEach((name, i) => ring.setAttribute(name, i < 2 ? dot[i] : dot[2] + 2));
    svg.append(ring);
  };
  // before the listeners of the page, which show the tip of what they find
  for (const kind of ["pointermove", "pointerdown", "click"]) document.addEventListener(kind, aim, true);

  for (const mark of document.querySelectorAll("figure svg [data-tip]")) {
    const found = /^#(\d+)/.exec(mark.dataset.tip);
    if (!found || !data.points[found[1]]) continue;
    mark.dataset.point = found[1];
    if (mark.dataset.tip === found[0]) mark.dataset.tip = head(found[1], data.points[found[1]]);
  }
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-point]");
    const row = event.target.closest("#table-designs tbody tr");
    if (mark) show(mark.dataset.point);
    else if (row) {
      show(String(Number(row.cells[0].dataset.sort)));
      document.getElementById("design-card").scrollIntoView({ block: "nearest" });
    }
  });
});
