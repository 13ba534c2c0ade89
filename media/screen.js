// The guest's text screen in a webview: shows the lines it is sent, and sends back what is typed into it.
(() => {
  const host = acquireVsCodeApi();
  const screen = document.getElementById('screen');
  const hint = document.getElementById('hint');
  let columns = 80;
  let rows = 25;

  /** The largest type in which the whole screen fits; a character is about 0.6 of its size wide and 1.15 high. */
  function fit() {
    const width = (document.body.clientWidth - 34) / (columns * 0.602);
    const height = (document.body.clientHeight - 10) / (rows * 1.15 + 0.6);
    screen.style.fontSize = `${Math.max(5, Math.min(16, width, height)).toFixed(2)}px`;
  }

  function show(message) {
    hint.hidden = true;
    screen.hidden = false;
    if (columns !== message.columns || rows !== message.rows) {
      ({ columns, rows } = message);
      fit();
    }
    const lines = Array.from({ length: rows }, (_, i) => (message.lines[i] ?? '').padEnd(columns).slice(0, columns));
    const { row, column } = message.cursor;
    screen.replaceChildren();
    if (row < 0 || row >= rows || column < 0 || column >= columns) {
      screen.textContent = lines.join('\n');
      return;
    }
    const cursor = document.createElement('span');
    cursor.className = 'cursor';
    cursor.textContent = lines[row][column];
    const before = [...lines.slice(0, row), lines[row].slice(0, column)].join('\n');
    const after = [lines[row].slice(column + 1), ...lines.slice(row + 1)].join('\n');
    screen.append(before, cursor, after);
  }

  const KEYS = { Enter: '\n', Backspace: '\b', Tab: '\t', Escape: '\x1b' };

  screen.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return; // the workbench's shortcuts
    const keys = event.key.length === 1 ? event.key : KEYS[event.key];
    if (keys === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    host.postMessage({ keys });
  });
  window.addEventListener('resize', fit);
  window.addEventListener('message', ({ data }) => show(data));
  fit();
  host.postMessage({ ready: true });
})();
