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

  window.molreflect = { lost, look };
  window.addEventListener('offline', lost);
  window.addEventListener('online', look);
})();
