'use strict';
// The panel "molecule and phrases" of the MCP server: a view of MCP Apps (protocol 2026-01-26), spoken to by its host
// through messages. What is shown is made by the server and comes with the result of a tool; <molreflect-alignment>
// makes it live.
(() => {
  const PROTOCOL = '2026-01-26';
  const CARD = 'molreflect/card';
  const panel = document.getElementById('panel');
  const awaited = new Map();
  let last = 0;

  const send = message => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const notify = (method, params = {}) => send({ method, params });

  function ask(method, params) {
    last += 1;
    send({ id: last, method, params });
    return new Promise((resolve, reject) => awaited.set(last, { resolve, reject }));
  }

  function say(text) {
    const line = document.createElement('p');
    line.className = 'soft';
    line.setAttribute('role', 'status');
    line.textContent = text;
    panel.replaceChildren(line);
  }

  // A host without metadata, or a tool without a card: its text, as it is.
  function tell(result) {
    const text = (result.content ?? []).filter(part => part.type === 'text').map(part => part.text).join('\n');
    const plain = document.createElement('pre');
    plain.className = 'plain';
    plain.tabIndex = 0;
    plain.textContent = text || 'The tool has answered nothing that can be shown.';
    panel.replaceChildren(plain);
  }

  function show(result) {
    const card = result._meta?.[CARD];
    if (typeof card === 'string' && !result.isError) panel.innerHTML = card;  // escaped by the server; no script runs
    else tell(result);
  }

  function dress(context) {
    // the same switch as in notebooks: the style sheet knows it
    if (context?.theme) document.documentElement.dataset.jpThemeLight = String(context.theme === 'light');
  }

  const heard = {
    'ui/notifications/tool-input': params => {
      const molecule = params.arguments?.molecule;
      say(molecule ? `Looking at ${molecule} ...` : 'Looking ...');
    },
    'ui/notifications/tool-result': show,
    'ui/notifications/tool-cancelled': params => say(params.reason ? `Cancelled: ${params.reason}` : 'Cancelled.'),
    'ui/notifications/host-context-changed': dress,
  };

  window.addEventListener('message', event => {
    if (event.source !== window.parent || event.data?.jsonrpc !== '2.0') return;
    const { id, method, params, result, error } = event.data;
    if (method === undefined) {
      const one = awaited.get(id);
      awaited.delete(id);
      if (error) one?.reject(new Error(error.message));
      else one?.resolve(result);
    } else if (id !== undefined) {
      const known = method === 'ping' || method === 'ui/resource-teardown';
      send(known ? { id, result: {} } : { id, error: { code: -32601, message: `no method ${method}` } });
    } else {
      heard[method]?.(params ?? {});
    }
  });

  const appInfo = { name: 'MolReflect', version: panel.dataset.version };
  const appCapabilities = { availableDisplayModes: ['inline', 'fullscreen'] };
  ask('ui/initialize', { protocolVersion: PROTOCOL, appInfo, appCapabilities }).then(
    result => {
      dress(result?.hostContext);
      notify('ui/notifications/initialized');
      new ResizeObserver(() => {
        const { width, height } = document.documentElement.getBoundingClientRect();
        notify('ui/notifications/size-changed', { width: Math.ceil(width), height: Math.ceil(height) });
      }).observe(document.documentElement);
    },
    error => say(`The host does not show panels: ${error.message}`),
  );
})();
