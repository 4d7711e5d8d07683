'use strict';
// One more molecule, up to as many as are compared.
(() => {
  const form = document.querySelector('form.compared');
  const another = form.querySelector('.another');
  const full = () => { another.disabled = form.querySelectorAll('label').length >= Number(form.dataset.most); };
  another.addEventListener('click', () => {
    const labels = form.querySelectorAll('label');
    const label = labels[0].cloneNode(true);
    label.firstChild.textContent = `Molecule ${labels.length + 1}`;
    label.querySelector('input').value = '';
    labels[labels.length - 1].after(label);
    label.querySelector('input').focus();
    full();
  });
  full();
})();
