/* The small maps along a front: zones at each point, and what is zoned otherwise than at the point before it. */
(function () {
  "use strict";
  const root = document.getElementById("maps");
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const { land: landOf, layers: layersOf, raster, paint, overlay, legends } = window.zonemap;
  const land = landOf(data), layers = layersOf(data, land), { words, unchanged } = data;
  const stages = Array.from(root.querySelectorAll(".stage"));
  const first = Object.values(layers)[0], same = first.names.length;

  // what is as before is the last entry of the legend, and pale
  function changes(layer, before) {
    const codes = Array.from(layer.codes, (code, parcel) => (code === before.codes[parcel] ? same : code));
    land.changed = Uint8Array.from(codes, (code) => (code === same ? 0 : 1));
    return {
      ...layer, codes, names: [...layer.names, unchanged.name],
      colours: [...layer.colours, unchanged.colour], patterns: [...layer.patterns, ""],
    };
  }
  const all = stages.length > 1 ? changes(first, first) : first;
  root.querySelector(".legend").innerHTML = legends(all, all, words)[2];

  let width = 0;
  function draw() {
    const begun = performance.now();
    const height = Math.round(Math.max(120, Math.min(360, (width * land.height) / Math.max(1, land.width))));
    const fine = 2, wide = width * fine, high = height * fine;
    const k = Math.min((width - 8) / Math.max(1, land.width), (height - 8) / Math.max(1, land.height));
    const view = { x: land.width / 2, y: land.height / 2, k }, near = { ...view, k: k * fine };
    const picture = raster(land, near, wide, high); // the same for every map
    for (const stage of stages) {
      const canvas = stage.querySelector("canvas"), before = layers[stage.dataset.before];
      canvas.width = wide;
      canvas.height = high;
      const layer = before ? changes(layers[stage.dataset.layer], before) : layers[stage.dataset.layer];
      const image = paint(land, layer, picture, near, wide, high, fine, Boolean(before));
      canvas.getContext("2d").putImageData(image, 0, 0);
      const svg = stage.querySelector("svg");
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.innerHTML = overlay(land, view, width, height, words, []);
    }
    root.dataset.drawn = String(Math.round(performance.now() - begun));
  }
  new ResizeObserver(() => {
    const now = Math.round(stages[0].clientWidth);
    if (!now || now === width) return;
    width = now;
    draw();
  }).observe(stages[0]);
})();
