"use strict";
(() => {
  const root = document.documentElement;
  const figures = [...document.querySelectorAll("figure[data-plot]")];

  // Figures name colours of the style sheet, which are resolved again whenever the colour scheme changes.
  const coloured = (node, style, key = "") => {
    if (Array.isArray(node)) return /colorscale/i.test(key) || typeof node[0] === "object" || /^var\(/.test(node[0])
      ? node.map((part) => coloured(part, style, key)) : node;
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([name, part]) => [name, coloured(part, style, name)]));
    }
    const name = /color/i.test(key) && typeof node === "string" && node.match(/^var\((--[\w-]+)\)$/);
    return name ? style.getPropertyValue(name[1]).trim() : node;
  };

  const hasWebgl = () => {
    try { return Boolean(document.createElement("canvas").getContext("webgl")); } catch { return false; }
  };

  const draw = async (figure) => {
    const container = figure.querySelector(".plot");
    if (figure.dataset.webgl !== undefined && !hasWebgl()) {
      figure.querySelector(".no-webgl").hidden = false;
      container.hidden = true;
      figure.dataset.drawn = "no-webgl";
      return;
    }
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const { data, layout } = coloured(spec, getComputedStyle(root));
    delete layout.height;  // the container sets it
    if (container.clientWidth < 500 && data.length > 4) {  // extra height for a long legend
      container.style.height = `${spec.layout.height + 18 * data.length}px`;
    }
    await Plotly.react(container, data, layout, {
      responsive: true, displaylogo: false, displayModeBar: figure.dataset.plain === undefined ? "hover" : false,
      modeBarButtons: [
        // An explicit list, because one of plotly's default buttons uploads the figure.
        figure.dataset.webgl === undefined ? ["zoom2d", "pan2d", "resetScale2d", "toImage"] : ["toImage"],
      ],
    });
    figure.dataset.drawn = "yes";
  };
  const drawAll = () => Promise.all(figures.map(draw));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => { root.dataset.printing = ""; drawAll(); });
  addEventListener("afterprint", () => { delete root.dataset.printing; drawAll(); });

  const sortBy = (table, column, header) => {
    const descending = header.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const rows = [...body.rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => {
      if (a === "" || b === "") return (a === "") - (b === "");  // missing values stay last in both directions
      const [x, y] = [Number(a), Number(b)];
      const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
      return descending ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sortBy(table, column, header));
      header.append(button);
    });
  }

  drawAll().then(() => { root.dataset.ready = ""; });
})();
