import assert from 'node:assert/strict';
import { soon } from '../workbench.mjs';

const cell = (page, offset, column = 'hex') => page.locator(`[data-offset="${offset}"][data-column="${column}"]`);

/** The keyboard is on that byte. */
const onByte = (page, offset) => soon(`the keyboard on byte ${offset}`, () => page.evaluate((o) => document.activeElement.dataset.offset === o, String(offset)));

export const memoryScenarios = [
  {
    page: 'memory',
    name: 'a boot sector',
    guest: 'examples/selfmodify.asm',
    attributes: { technique: 'bare' },
    breakpoints: ['print_number'],
    prepare: (session) => session.go(),
    async run({ hosted, page, session, check, look }) {
      const address = page.getByLabel('Address');
      const open = async (text) => {
        await address.fill(text);
        await address.press('Enter');
      };
      await check('what is being typed outlives the first bytes', async () => {
        let answer;
        hosted.held = new Promise((resolve) => {
          answer = resolve;
        });
        await page.reload();
        await address.fill('0x7');
        answer();
        await page.locator('[role=rowheader]').first().waitFor();
        assert.equal(await address.inputValue(), '0x7');
        await address.press('Escape');
      });
      await check('an address by label, linear, seg:off, physical', async () => {
        for (const text of ['start', '0x7c00', '07C0h:0', 'phys:0x7c00']) {
          await open(text);
          await soon(
            `bytes at ${text}`,
            async () => (await page.locator('[role=rowheader]').first().textContent()).startsWith('00007C00') && (await cell(page, 0).textContent()) === '31',
          );
        }
        await page.locator('.chip', { hasText: 'guest-physical' }).waitFor();
      });
      await check('what is being typed, and what is selected of it, outlives news of the session; Escape gives it up, leaving the field takes it', async () => {
        const news = async () => {
          const before = await address.elementHandle();
          await hosted.news();
          await soon('the page again', () => before.evaluate((e) => !e.isConnected));
        };
        await open('start');
        await address.fill('0x6');
        await news();
        assert.equal(await address.inputValue(), '0x6');
        await address.press('Escape');
        assert.equal(await address.inputValue(), 'start');
        await address.fill('0x700');
        await news();
        await address.selectText();
        await news();
        await page.keyboard.type('0x720');
        await page.getByRole('button', { name: 'Later' }).focus();
        await soon('the bytes', async () => (await page.locator('[role=rowheader]').first().textContent()).startsWith('00000720'));
      });
      await check('what changed since the last stop is marked', async () => {
        await open('start');
        await cell(page, 0).waitFor();
        await session.go();
        await hosted.news();
        await page.locator('.cell.changed').first().waitFor();
        await page.locator('[role=status]', { hasText: 'changed since the last stop' }).waitFor();
      });
      await look('memory');
      await check('two digits write a byte, a character too; arrows move', async () => {
        await open('0x600');
        await soon('zeros', async () => (await page.locator('[role=rowheader]').first().textContent()).startsWith('00000600'));
        await cell(page, 0).focus();
        await page.keyboard.type('4a');
        await soon('the byte', async () => (await cell(page, 0).textContent()) === '4A');
        await cell(page, 1, 'text').focus();
        await page.keyboard.type('K');
        await soon('the character', async () => (await cell(page, 1).textContent()) === '4B');
        const { data } = await session.request('readMemory', { memoryReference: '0x600', count: 2 });
        assert.equal(atob(data), 'JK');
        await cell(page, 0).focus();
        await page.keyboard.press('ArrowDown');
        await onByte(page, 16);
        await page.keyboard.press('PageDown');
        await soon('the next page', async () => (await page.locator('[role=rowheader]').first().textContent()).startsWith('00000780'));
      });
      await check('in a narrow tab a row has fewer bytes, and nothing is out of sight', async () => {
        const { width, height } = page.viewportSize();
        const headers = () => page.locator('.head .cell').count();
        const fits = () => page.locator('.scroll-x').evaluate((e) => e.scrollWidth <= e.clientWidth);
        for (const [narrow, bytes] of [
          [560, 8],
          [340, 4],
        ]) {
          await page.setViewportSize({ width: narrow, height });
          await soon(`${bytes} bytes a row`, async () => (await headers()) === bytes && (await fits()));
          await cell(page, 0).focus();
          await page.keyboard.press('ArrowDown');
          await page.keyboard.press('End');
          await onByte(page, 2 * bytes - 1);
        }
        await look('memory-narrow');
        await page.setViewportSize({ width, height });
        await soon('16 bytes a row', async () => (await headers()) === 16);
        await onByte(page, 7);
      });
      await check('a mistake is answered in words', async () => {
        await open('nowhere');
        await page.locator('[role=alert]', { hasText: 'nowhere' }).waitFor();
      });
      await look('memory-mistake');
      await check('once the session has ended there is nothing to complain of, and its bytes stay', async () => {
        await hosted.news('ended');
        await page.locator('.chip', { hasText: 'session ended' }).waitFor();
        assert.equal(await page.getByRole('alert').count(), 0);
        assert.notEqual(await page.locator('[role=rowheader]').count(), 0);
      });
    },
  },
  {
    page: 'memory',
    name: 'in Spanish',
    guest: 'examples/selfmodify.asm',
    attributes: { technique: 'bare' },
    breakpoints: ['print_number'],
    language: 'es',
    prepare: (session) => session.go(),
    async run({ page, check, look }) {
      await check('its words are Spanish, and it says so', async () => {
        await page.getByRole('heading', { name: 'Memoria' }).waitFor();
        await page.getByLabel('Dirección', { exact: false }).first().waitFor();
        assert.match(await page.locator('#hint').textContent(), /^Escriba dos cifras/);
      });
      await look('memory-es');
    },
  },
];
