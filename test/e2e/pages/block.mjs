import assert from 'node:assert/strict';
import { soon } from '../workbench.mjs';

export const blockScenarios = [
  {
    page: 'block',
    name: 'hot code under binary translation',
    guest: 'test/e2e/pages/loops.asm',
    attributes: { technique: 'bt', translation: 'optimised' },
    breakpoints: ['insn:hlt'],
    prepare: (session) => session.go(),
    async run({ hosted, page, session, check, look }) {
      const { blocks } = await session.request('ringside/blocks');
      const [compiled] = blocks.filter((b) => b.tier === 1 && b.state === 'cached' && b.links.length > 1).sort((a, b) => b.hits - a.hits);
      await check('it follows execution', () => page.locator('.line.here').first().waitFor());
      await check('it shows the block it is asked for', async () => {
        await hosted.show({ block: compiled.id });
        await page.locator('h1', { hasText: compiled.eip.toString(16).toUpperCase() }).waitFor();
        await soon('its lines', async () => (await page.locator('[aria-label="Guest code"] .line').count()) === compiled.instructions);
      });
      await check('a line of WebAssembly marks its instruction and micro-ops', async () => {
        await page.locator('[aria-label="Guest code"] .line').first().click();
        await page.locator('[aria-label="WebAssembly"] .line.linked', { hasText: 'local.set' }).first().click();
        const linked = (list) => page.locator(`[aria-label="${list}"] .line[aria-selected="true"]`);
        await soon('all that is marked', async () => {
          const [wasm, guest, micro] = await Promise.all(['WebAssembly', 'Guest code', 'Micro-ops'].map((list) => linked(list).count()));
          return wasm > 1 && guest === 1 && micro >= 1;
        });
      });
      await check('arrow keys go from line to line', async () => {
        const list = page.locator('[aria-label="Guest code"]');
        await list.focus();
        const active = (id) => soon(id, async () => (await list.getAttribute('aria-activedescendant')) === id);
        await page.keyboard.press('Home');
        await active('guest-0');
        await page.keyboard.press('ArrowDown');
        await active('guest-1');
      });
      await look('block');
      await check('a breakpoint is asked for', async () => {
        await page.getByRole('button', { name: 'Break when it runs' }).click();
        await page.getByRole('button', { name: 'Break when it is thrown away' }).click();
        await soon('two breakpoints', () => hosted.done.length === 2);
        const [runs, thrown] = hosted.done.map(({ breakpoint }) => breakpoint);
        const { breakpoints } = await session.breakAt([runs, thrown]);
        assert.deepEqual(
          breakpoints.map((b) => b.verified),
          [true, true],
        );
      });
      await check('the graph has the block, and leads to others by keys', async () => {
        await page.getByRole('tab', { name: 'Graph' }).click();
        const node = page.locator(`#node-${compiled.id}`);
        await node.focus();
        await page.keyboard.press('ArrowDown');
        await soon('another node', async () => /^node-\d+$/.exec(await page.evaluate(() => document.activeElement.id))?.[0].replace(`node-${compiled.id}`, ''));
      });
      await look('block-graph');
      await check('a filter leaves what it names', async () => {
        await page.getByLabel('Filter').fill('tier1');
        await soon('fewer nodes', async () => (await page.locator('.node').count()) === blocks.filter((b) => b.tier === 1).length);
        await page.getByLabel('Filter').fill('');
        await page.getByLabel('Show').selectOption('near');
        await look('block-near');
      });
    },
  },
  {
    page: 'block',
    name: 'a block that is thrown away',
    guest: 'examples/selfmodify.asm',
    attributes: { technique: 'bt' },
    breakpoints: ['event:blockInvalidated'],
    prepare: (session) => session.go(),
    async run({ hosted, page, session, check, look }) {
      const { blocks } = await session.request('ringside/blocks');
      const thrown = blocks.find((b) => b.state === 'invalidated');
      await check('it says why', async () => {
        await hosted.show({ block: thrown.id });
        await page.locator('.facts', { hasText: thrown.invalidatedBy }).waitFor();
      });
      await look('block-invalidated');
      await check('it says that the session has ended', async () => {
        await hosted.news('ended');
        await page.locator('.chip', { hasText: 'session ended' }).waitFor();
      });
    },
  },
  {
    page: 'block',
    name: 'nothing to show',
    guest: 'examples/trap.asm',
    attributes: { technique: 'trap' },
    async run({ hosted, page, check, look }) {
      await check('it says so', async () => {
        await hosted.news('none');
        await page.locator('[role=status]').waitFor();
      });
      await look('block-empty');
    },
  },
  {
    page: 'block',
    name: 'in Spanish',
    guest: 'examples/selfmodify.asm',
    attributes: { technique: 'bt' },
    breakpoints: ['print_number'],
    language: 'es',
    prepare: (session) => session.go(),
    async run({ page, check, look }) {
      await check('its words are Spanish', () => page.getByRole('heading', { name: /^Bloque / }).waitFor());
      await look('block-es', ['light']);
      await page.getByRole('tab', { name: 'Grafo' }).click();
      await look('block-graph-es', ['light']);
    },
  },
];
