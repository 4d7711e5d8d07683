'use strict';
// The pairs of a run, page by page. The page holds an index of all pairs, and their ready-made HTML in chunks, both
// compressed (views/packing.py, graphs/runs/report.py); a chunk is unpacked when one of its pairs is shown.
(() => {
  const PER_PAGE = 10;
  const KEPT = 12; // chunks that stay unpacked
  const list = document.getElementById('pairs');
  const form = document.querySelector('form.tools');
  const pagers = [...document.querySelectorAll('.pager')];
  const found = document.querySelector('.found');
  const pageInput = document.querySelector('input[name=page]');
  const chunks = document.querySelectorAll('.chunk');
  const kept = new Map();
  // { size, kinds: [[kind, verdict, reason]], pairs: [[text, [place in kinds], not supported]], pieces, style }
  let index = null;
  let order = [];     // places of the pairs that are asked for
  let page = 0;
  let turn = 0;       // of the latest drawing: what an earlier one brings late is dropped

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return JSON.parse(await new Response(stream).text());
  }

  async function card(place) {
    const number = Math.floor(place / index.size);
    if (!kept.has(number)) {
      if (kept.size >= KEPT) kept.delete(kept.keys().next().value);
      kept.set(number, open(chunks[number].textContent));
    }
    return (await kept.get(number))[place % index.size];
  }

  // The cards of a chunk as they were before views/packing.py packed them.
  async function open(text) {
    const { cards, scenes } = await unpack(text);
    let drawing = 0;
    const svg = () => {
      const scene = Object.fromEntries(Object.entries(scenes).map(([name, column]) => [name, column[drawing]]));
      drawing += 1;
      return molreflectSvg(scene, index.style);
    };
    return cards.map(card => card.replace(/[\ue010-\uf8ff]/g, letter => index.pieces[letter.charCodeAt(0) - 0xe010])
      .replace('\ue000', svg));
  }

  function asked() {
    const data = new FormData(form);
    return {
      words: data.get('q').toLowerCase().split(/\s+/).filter(Boolean),
      wanted: ['kind', 'verdict', 'reason'].map(name => data.get(name)),
      first: data.has('first'),
    };
  }

  // Of the kinds of alignments, those that meet all filters at once; null where nothing is filtered.
  function matching(wanted) {
    if (!wanted.some(Boolean)) return null;
    return new Set(index.kinds.flatMap((kind, n) => wanted.every((text, i) => !text || kind[i] === text) ? [n] : []));
  }

  function select() {
    const { words, wanted, first } = asked();
    const kinds = matching(wanted);
    order = [];
    for (const [place, [text, own]] of index.pairs.entries())
      if (words.every(word => text.includes(word)) && (kinds === null || own.some(n => kinds.has(n)))) order.push(place);
    if (first) order.sort((a, b) => index.pairs[b][2] - index.pairs[a][2] || a - b);
    page = 0;
  }

  function mark(wanted) {
    if (!wanted.some(Boolean)) return;
    for (const row of list.querySelectorAll('li[data-kind]')) {
      const own = row.dataset.kind.split(' ');
      row.classList.toggle('unmatched', !wanted.every((text, i) => !text || own[i] === text));
    }
  }

  async function draw() {
    const own = ++turn;
    list.classList.add('busy');
    const pages = Math.max(1, Math.ceil(order.length / PER_PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const places = order.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    const cards = await Promise.all(places.map(card));
    if (own !== turn) return;
    list.innerHTML = cards.join('\n');
    mark(asked().wanted);
    list.classList.remove('busy');
    const total = index.pairs.length;
    const many = `${order.length.toLocaleString('en')} ${order.length === 1 ? 'pair' : 'pairs'}`;
    found.textContent = order.length === total ? many : `${many} of ${total.toLocaleString('en')}`;
    pageInput.value = page + 1;
    pageInput.max = pages;
    document.querySelector('.pages').textContent = pages.toLocaleString('en');
    for (const button of document.querySelectorAll('[data-to=previous]')) button.disabled = page === 0;
    for (const button of document.querySelectorAll('[data-to=next]')) button.disabled = page === pages - 1;
    list.dataset.drawn = own;
  }

  function go(to) {
    page = to;
    draw();
  }

  let waiting = 0;
  function ask(delay) {
    clearTimeout(waiting);
    waiting = setTimeout(() => { select(); draw(); }, delay);
  }

  async function start() {
    index = await unpack(document.getElementById('index').textContent);
    order = index.pairs.map((_, place) => place);
    form.hidden = false;
    for (const pager of pagers) pager.hidden = false;
    form.addEventListener('submit', event => event.preventDefault());
    form.addEventListener('input', event => ask(event.target.name === 'q' ? 150 : 0));
    pageInput.addEventListener('change', () => go(Number(pageInput.value) - 1));
    for (const button of document.querySelectorAll('[data-to]'))
      button.addEventListener('click', () => {
        const { to } = button.dataset;
        if (to !== 'top') go(page + (to === 'next' ? 1 : -1));
        if (button.closest('.pager') !== pagers[0]) form.scrollIntoView();
      });
    select();
    await draw();
  }

  start();
})();
