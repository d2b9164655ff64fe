"use strict";
// Everything here is a comfort: without it the page shows the same numbers, figures and tips (as SVG titles).
(() => {
  const root = document.documentElement;
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  // long tables: the rest of the rows waits as text until somebody scrolls, sorts or filters
  const complete = (table) => {
    const rest = table.parentNode.querySelector("noscript");
    if (!rest) return;
    const holder = make("template", "");
    holder.innerHTML = rest.textContent;
    table.tBodies[0].append(...holder.content.querySelector("tbody").rows);
    rest.remove();
    table.parentNode.querySelector(".rest").remove();
  };
  for (const rest of document.querySelectorAll(".scroll > noscript")) {
    const area = rest.parentNode;
    area.addEventListener("scroll", () => {
      if (area.scrollTop + 2 * area.clientHeight > area.scrollHeight) complete(area.querySelector("table"));
    });
  }

  // tables: a click on a heading sorts, numbers largest first; a second click turns the order round
  const sortBy = (table, index, heading) => {
    const numeric = heading.classList.contains("number");
    const before = heading.getAttribute("aria-sort");
    const down = before ? before === "ascending" : numeric;
    const value = (row) => row.cells[index].dataset.sort;
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = numeric ? Number(x) - Number(y) : x.localeCompare(y, "en", { numeric: true });
      return down ? -order : order;
    };
    complete(table);
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(compare));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, index) => {
      const button = make("button", heading.textContent);
      button.type = "button";
      heading.replaceChildren(button);
      button.addEventListener("click", () => sortBy(table, index, heading));
    });
  }
  for (const input of document.querySelectorAll(".bar input")) {
    const table = input.closest(".table").querySelector("table");
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      complete(table);
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }

  // tips: the titles of the marks move into a tip that follows the pointer
  const tip = document.getElementById("tip");
  for (const title of document.querySelectorAll("figure svg title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const mark = event.target.closest ? event.target.closest("[data-tip]") : null;
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const box = tip.getBoundingClientRect();
    const right = event.clientX + 14 + box.width > innerWidth ? event.clientX - box.width - 10 : event.clientX + 14;
    const below = event.clientY + 16 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 16;
    tip.style.left = Math.max(4, right) + "px";
    tip.style.top = Math.max(4, below) + "px";
  });

  // figures: save as SVG or PNG with the colours of the theme on screen
  const plain = (figure) => {
    const svg = figure.querySelector(".wide svg").cloneNode(true);
    const style = getComputedStyle(root);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ");
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.style.background = style.getPropertyValue("--card");
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const text = new XMLSerializer().serializeToString(svg);
    return [text.replace(/var\(--([\w-]+)\)/g, (_, name) => style.getPropertyValue("--" + name)), +width, +height];
  };
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  for (const figure of document.querySelectorAll("figure")) {
    if (!figure.querySelector(".wide svg")) continue;
    const name = figure.id.replace("figure-", "");
    const bar = make("div", "", figure);
    bar.className = "save";
    make("button", "SVG", bar).addEventListener("click", () => save(new Blob([plain(figure)[0]], { type: "image/svg+xml" }), name + ".svg"));
    make("button", "PNG", bar).addEventListener("click", () => {
      const [text, width, height] = plain(figure);
      const image = new Image();
      image.onload = () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 3 * width, height: 3 * height });
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, name + ".png"));
      };
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
    });
  }

  // theme: follows the system until the button is pressed
  const button = make("button", "", document.querySelector("header"));
  button.id = "theme";
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = dark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  name();
})();
