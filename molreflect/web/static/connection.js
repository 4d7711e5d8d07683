'use strict';
// Whether the server on this machine answers: said in a line above the page while it does not, and taken back when it
// does again. Pages that have something to send wait for `molreflect:back`.
(() => {
  const EVERY = 1500;
  let line = null;
  let timer = null;

  function say(text) {
    if (!line) {
      line = document.createElement('p');
      line.className = 'connection';
      line.setAttribute('role', 'alert');
      document.body.prepend(line);
    }
    line.textContent = text;
    line.hidden = false;
  }

  async function look() {
    timer = null;
    try {
      const answer = await fetch('/alive', { cache: 'no-store' });
      if (answer.status === 403) {
        say('The server was started anew and does not know this page any more: open the link that it printed last.');
        return;
      }
      if (line) line.hidden = true;
      document.dispatchEvent(new CustomEvent('molreflect:back'));
    } catch {
      lost();
    }
  }

  function lost() {
    say('No connection to the server on this machine. What you see stays; it goes on when the server answers again.');
    timer ??= setTimeout(look, EVERY);
  }

  const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

  // Fetches; without a connection it is tried again when there is one. Null: the server does not know this page.
  async function send(to, options, say) {
    for (;;) {
      try {
        const answer = await fetch(to, options);
        say('');
        if (answer.status !== 403) return answer;
        look();
        return null;
      } catch {
        say('Waits for the connection, and is sent then.');
        lost();
        await Promise.race([
          new Promise(resolve => document.addEventListener('molreflect:back', resolve, { once: true })), wait(30_000),
        ]);
      }
    }
  }

  // A form of class `sent` is sent without leaving the page: what comes back takes the place of its result.
  async function submit(form) {
    const button = form.querySelector('button.main');
    const told = form.querySelector('.told');
    if (button.disabled) return;
    button.disabled = true;
    const say = text => { told.textContent = text; };
    say('Looking into it …');
    const fields = new URLSearchParams(new FormData(form));
    const answer = form.method === 'post'
      ? await send(form.action, { method: 'POST', body: fields }, say)
      : await send(`${form.action}?${fields}`, {}, say);
    button.disabled = false;
    if (!answer) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const result = page.getElementById('result') ?? page.querySelector('main');
    document.getElementById('result').replaceChildren(...result.childNodes);
    if (answer.ok) history.pushState(null, '', answer.url);
  }

  document.addEventListener('submit', event => {
    if (!event.target.matches('form.sent')) return;
    event.preventDefault();
    submit(event.target);
  });
  window.addEventListener('popstate', () => { if (document.querySelector('form.sent')) location.reload(); });

  window.molreflect = { lost, look, send };
  window.addEventListener('offline', lost);
  window.addEventListener('online', look);
})();
