'use strict';
// A run that goes on says when it has moved, and htmx asks for what stands there now; nothing is asked for while
// somebody looks at another tab. A page number is followed when it is entered.
(() => {
  const now = document.getElementById('now');
  let stream = null;

  function open() {
    if (!now) return;
    stream = new EventSource(now.dataset.events);
    stream.addEventListener('grown', () => htmx.trigger(now, 'grown'));
  }

  document.addEventListener('change', event => {
    if (event.target.matches('.jump input')) event.target.form.requestSubmit();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream?.close();
    else open();
  });
  window.addEventListener('pagehide', () => stream?.close());
  if (!document.hidden) open();
})();
