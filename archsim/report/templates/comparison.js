"use strict";
// A click on a point, a bar or a row opens what the scheme is made of. Without this the sections open by their own titles.
document.addEventListener("DOMContentLoaded", () => {
  const all = [...document.querySelectorAll("details.scheme")];
  const show = (number, scroll) => {
    const wanted = document.getElementById("scheme-" + number);
    if (!wanted) return;
    for (const one of all) one.open = one === wanted;
    for (const row of document.querySelectorAll("#table-schemes tbody tr")) row.classList.toggle("chosen", Number(row.cells[0].dataset.sort) === Number(number));
    if (scroll) wanted.scrollIntoView({ block: "start" });
  };
  for (const mark of document.querySelectorAll("figure svg [data-tip]")) {
    const found = /^(\d+)\. /.exec(mark.dataset.tip);
    if (found) mark.dataset.scheme = found[1];
  }
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-scheme]");
    const row = event.target.closest("#table-schemes tbody tr");
    if (mark) show(mark.dataset.scheme, true);
    else if (row) show(Number(row.cells[0].dataset.sort), true);
  });
  const named = /^#scheme-(\d+)$/.exec(location.hash);
  if (named) show(named[1], true);
});
