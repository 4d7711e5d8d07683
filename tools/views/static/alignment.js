for (const pair of document.querySelectorAll('.alignment')) {
  const light = n => {
    for (const g of pair.querySelectorAll('.phrase'))
      g.style.opacity = n === null || g.classList.contains('phrase-' + n) ? '' : '.12';
    for (const e of pair.querySelectorAll('[data-n]')) e.classList.toggle('lit', e.dataset.n === n);
  };
  for (const e of pair.querySelectorAll('[data-n], .phrase')) {
    e.addEventListener('mouseenter', () => light(e.dataset.n ?? e.dataset.key));
    e.addEventListener('mouseleave', () => light(null));
  }
}
