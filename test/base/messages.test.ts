/** Texts in the user's language: arguments, plurals, what has no translation, and how they get into a page. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Messages } from '../../src/base/messages';
import { blockRows } from '../../src/ui/blockRows';
import { instructionHover } from '../../src/ui/instructionHover';
import { stringsElement } from '../../src/ui/pageHtml';
import { useStrings } from '../../src/ui/text';

const spanish = JSON.parse(fs.readFileSync('l10n/bundle.l10n.es.json', 'utf8'));

test('arguments, in another order too; without a translation the English text is shown', () => {
  const messages = new Messages({ '{0} of {1}': 'de {1}, {0}' });
  assert.equal(messages.text('{0} of {1}', 2, 'x'), 'de x, 2');
  assert.equal(messages.text('{0} in {1}', 2), '2 in {1}');
  assert.equal(messages.text('constructor'), 'constructor');
});

test('one and many, with thousands set apart', () => {
  const messages = new Messages({ '{0} hit': '{0} ejecución', '{0} hits': '{0} ejecuciones' });
  assert.deepEqual(
    [0, 1, 1234567].map((n) => messages.counted(n, '{0} hit', '{0} hits')),
    ['0 ejecuciones', '1 ejecución', '1,234,567 ejecuciones'],
  );
});

test('rows and hovers are in the language of the bundle', () => {
  useStrings(spanish);
  try {
    assert.equal(blockRows({ technique: 'bt', position: 0, total: 0, blocks: [] } as never).remark, 'vacío');
    assert.match(instructionHover('cli', '') ?? '', /\*\*privilegiada\*\*: falla cuando CPL > IOPL[\s\S]*\| Técnica \| Qué ocurre \|/);
  } finally {
    useStrings(undefined);
  }
});

test('no text of the bundle ends the element that carries it', () => {
  const html = stringsElement({ a: '</script><script>alert(1)</script>' }, 'key');
  assert.equal(html.match(/<\/script>/g)?.length, 1);
  assert.deepEqual(JSON.parse(/>(\{.*\})</.exec(html)?.[1] ?? ''), { a: '</script><script>alert(1)</script>' });
});
