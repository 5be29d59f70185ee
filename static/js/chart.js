/* Bars from figures that also stand in a table: <div data-chart='{"x": [5, 15], "y": [3, 9]}' data-words='{"x": "…", "y": "…"}'>.
   With "names" in data-chart the bars are things and not ranges, and each name stands under its bar.
   Drawn in the colours of the page, and again when its width or its theme changes. */
(() => {
  "use strict";
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function draw(element) {
    const { x, y, names } = JSON.parse(element.dataset.chart);
    const words = JSON.parse(element.dataset.words);
    const step = x.length > 1 ? x[1] - x[0] : 1;
    const axis = (label) => ({ label, stroke: token("--soft"), grid: { stroke: token("--line"), width: 1 }, ticks: { show: false }, font: `13px ${token("--sans") || "sans-serif"}`, labelFont: `13px ${token("--sans") || "sans-serif"}` });
    element.replaceChildren();
    new uPlot({
      width: element.clientWidth,
      height: names ? 320 : 240,
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false, range: [x[0] - step / 2, x.at(-1) + step / 2] }, y: { range: (_plot, _low, high) => [0, Math.max(1, high)] } },
      axes: [names ? { ...axis(words.x), grid: { show: false }, splits: () => x, values: (_plot, at) => at.map((each) => names[each - 1]), rotate: -40, size: 96 } : { ...axis(words.x), grid: { show: false }, splits: () => [...x.map((each) => each - step / 2), x.at(-1) + step / 2] }, { ...axis(words.y), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000] }],
      series: [{}, { fill: token("--accent"), stroke: token("--accent"), width: 0, paths: uPlot.paths.bars({ size: [0.86, Infinity] }), points: { show: false } }],
    }, [x, y], element);
  }

  const charts = document.querySelectorAll("[data-chart]");
  const all = () => charts.forEach(draw);
  all();
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; all(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
})();
