'use strict';
// The list grows while a run goes on: the server says that something is new, and htmx asks for the page again. Ticks
// stay, and nothing is asked for while somebody chooses or looks at another tab.
(() => {
  let stream = null;

  const found = () => document.getElementById('found');

  function open() {
    stream = new EventSource(`${found().dataset.events}?cursor=${found().dataset.cursor}`);
    stream.addEventListener('grown', () => {
      if (found().dataset.page === 'first') htmx.trigger(found(), 'grown');
    });
  }

  // What was ticked and what had the focus stays so when the table is another one.
  let ticked = new Set();
  let held = null;
  document.addEventListener('htmx:before:swap', () => {
    ticked = new Set([...document.querySelectorAll('input[name=id]:checked')].map(box => box.value));
    const { activeElement } = document;
    held = activeElement?.closest('#found') ? activeElement.getAttribute('href') ?? activeElement.value : null;
  });
  document.addEventListener('htmx:after:swap', () => {
    for (const box of document.querySelectorAll('input[name=id]')) box.checked = ticked.has(box.value);
    if (!held) return;
    const same = [...document.querySelectorAll('#found a, #found input')]
      .find(each => (each.getAttribute('href') ?? each.value) === held);
    same?.focus({ preventScroll: true });
  });

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream?.close();
    else open();
  });
  window.addEventListener('pagehide', () => stream?.close());
  if (!document.hidden) open();
})();
