'use strict';
// Scenes (views/scene.py) written as SVG: the same letters as `svg_of` there. `style` is its STYLE.
globalThis.molreflectSvg = (() => {
  const escaped = text => text.replace(/[&<>"']/g,
    letter => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' })[letter]);
  const pairs = list => Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]]);

  function places(steps) {
    let x = 0;
    let y = 0;
    return pairs(steps).map(([dx, dy]) => [x += dx, y += dy]);
  }

  const stroke = ([x, y], [a, b]) => `M${x} ${y}l${a - x} ${b - y}`;

  function halo([number, key, bands, discs], points, bonds, style) {
    const colour = number % style.palette.length;
    const edged = Math.floor(number / style.palette.length) % style.rounds === 1;
    const bandPaths = bands.map(
      ([width, ...own]) => [width, own.map(bond => stroke(...bonds[bond].map(a => points[a]))).join('')]);
    const discPaths = discs.map(
      ([width, ...own]) => [width, own.map(atom => `M${points[atom][0]} ${points[atom][1]}h1`).join('')]);
    return [
      `<g class="phrase phrase-${number} colour-${colour}" data-key="${escaped(key)}" fill="none" ` +
        `stroke="${style.palette[colour]}" stroke-linecap="round">`,
      ...edged ? [
        `<g class="edge" stroke="${style.ink}">`,
        ...discPaths.map(([width, path]) => `<path stroke-width="${width + style.edge}" d="${path}"/>`),
        '</g>',
      ] : [],
      ...[...bandPaths, ...discPaths].map(([width, path]) => `<path class="halo" stroke-width="${width}" d="${path}"/>`),
      '</g>',
    ];
  }

  function line([what, path, filled, width, dashes], points, bonds, style) {
    const bond = typeof what === 'number';
    const [x, y] = points[bond ? bonds[what][0] : Number(what.slice(5))];
    let drawn = path;
    if (path === 0) {
      drawn = stroke(...bonds[what].map(atom => points[atom]));
    } else if (typeof path !== 'string') {
      drawn = path.map(steps => `M${x + steps[0]} ${y + steps[1]}l` +
        steps.slice(2, steps.length - steps.length % 2).join(' ') + (steps.length % 2 ? 'Z' : '')).join('');
    }
    const other = (filled ? ` fill="${style.ink}"` : '') + (width ? ` stroke-width="${width}"` : '') +
      (dashes ? ` stroke-dasharray="${dashes}"` : '');
    return `<path class="${bond ? `bond-${what}` : what}"${other} d="${drawn}"/>`;
  }

  function label([atom, runs], points, style) {
    const known = typeof atom === 'number';
    const [x, y] = known ? points[atom] : [0, 0];
    const spans = runs.map(([small, xs, ys, text]) => {
      const size = small ? ` font-size="${small === 1 ? style.small : small}"` : '';
      return `<tspan x="${xs.map(dx => x + dx).join(' ')}" y="${ys.map(dy => y + dy).join(' ')}"${size}>` +
        `${escaped(text)}</tspan>`;
    });
    return `<text class="${known ? `atom-${atom}` : atom}">${spans.join('')}</text>`;
  }

  return (scene, style) => {
    const points = places(scene.points);
    const bonds = pairs(scene.bonds);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" class="molecule" width="${scene.size[0]}" height="${scene.size[1]}" ` +
        `viewBox="0 0 ${scene.view[0]} ${scene.view[1]}" role="img" aria-label="${escaped(scene.name)}">`,
      ...scene.halos.flatMap(own => halo(own, points, bonds, style)),
      `<g class="structure" fill="none" stroke="${style.ink}" stroke-width="${style.line}" stroke-linecap="round" ` +
        'stroke-linejoin="round">',
      ...scene.lines.map(own => line(own, points, bonds, style)),
      ...scene.labels.length ? [
        `<g class="labels" fill="${style.ink}" stroke="none" font-family="sans-serif" font-size="${style.font}" ` +
          'text-anchor="middle">',
        ...scene.labels.map(own => label(own, points, style)),
        '</g>',
      ] : [],
      '</g>',
      '<g class="targets" fill="#000000" fill-opacity="0" stroke="none">',
      ...points.map(([x, y], atom) =>
        `<circle class="target atom-${atom}" cx="${x}" cy="${y}" r="${style.radius}"/>`),
      '</g>',
      '</svg>',
    ].join('\n');
  };
})();
