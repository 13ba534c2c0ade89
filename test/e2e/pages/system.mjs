import assert from 'node:assert/strict';
import { soon } from '../workbench.mjs';

const tab = (page, name) => page.getByRole('tab', { name });

export const systemScenarios = [
  {
    page: 'system',
    name: 'a kernel with rings under hardware assistance',
    guest: 'examples/rings.asm',
    attributes: { technique: 'hvm' },
    breakpoints: ['system_call'],
    prepare: (session) => session.go(),
    async run({ hosted, page, session, check, look }) {
      await check('registers are decoded, and say what the silicon holds', async () => {
        await page.locator('.bit.on', { hasText: 'PE' }).first().waitFor();
        await page.locator('.chip', { hasText: 'protected mode, ring 0' }).first().waitFor();
      });
      await check('a flag is turned over by a click, and back', async () => {
        const carry = page.locator('[data-key="bit-eflags.CF"]');
        const before = (await session.request('evaluate', { expression: 'eflags' })).result;
        await carry.click();
        await soon('another EFLAGS', async () => (await session.request('evaluate', { expression: 'eflags' })).result !== before);
        await soon('the bit', async () => (await carry.getAttribute('aria-pressed')) === 'true');
        await carry.click();
        await soon('EFLAGS as before', async () => (await session.request('evaluate', { expression: 'eflags' })).result === before);
      });
      await check('a click counts whose press and release news of the session come between', async () => {
        const carry = page.locator('[data-key="bit-eflags.CF"]');
        const flags = async () => (await session.request('evaluate', { expression: 'eflags' })).result;
        const before = await flags();
        await carry.hover();
        await page.mouse.down();
        const { answered } = hosted;
        await hosted.news();
        await soon('what a drawing needs', () => hosted.answered >= answered + 4);
        await page.mouse.up();
        await soon('another EFLAGS', async () => (await flags()) !== before);
        await soon('the bit', async () => (await carry.getAttribute('aria-pressed')) === 'true');
        await carry.press('Space');
        await soon('EFLAGS as before', async () => (await flags()) === before);
      });
      await check('a register takes an expression; what is none stays, with the reason, until it is given up', async () => {
        const field = page.locator('[data-key="value-dr1"]');
        const row = page.locator('tr', { has: field });
        const refused = () => row.locator('[role=alert]', { hasText: 'zzz' }).waitFor();
        await field.fill('esp zzz');
        await field.press('Enter');
        await refused();
        await hosted.news('stopped', { ran: false });
        await refused();
        assert.equal(await field.inputValue(), 'esp zzz');
        assert.equal(await field.getAttribute('aria-invalid'), 'true');
        await look('system-refused');
        await field.press('Escape');
        await soon('no complaint', async () => (await page.locator('[role=alert]').count()) === 0);
        assert.equal(await field.inputValue(), '00000000h');
        await field.fill('zzz');
        await page.locator('[data-key="value-dr2"]').focus();
        await refused();
        await page.locator('[data-key="value-dr3"]').focus();
        assert.equal(await field.inputValue(), 'zzz');
        await field.fill('0x8000 + 16');
        await field.press('Enter');
        await soon('its value', async () => (await field.inputValue()) === '00008010h');
        await soon('no complaint', async () => (await page.locator('[role=alert]').count()) === 0);
      });
      await check('what changed since the last stop is marked', async () => {
        await session.go('next');
        await session.go('next');
        await hosted.news();
        await session.request('setExpression', { expression: 'dr0', value: '0x8000' });
        await session.go('next');
        await hosted.news();
        await page.locator('td.changed', { has: page.locator('[data-key="value-dr0"]') }).waitFor();
      });
      await look('system-registers');
      await check('descriptor tables', async () => {
        await tab(page, 'Descriptor tables').click();
        await page.locator('td', { hasText: '32-bit interrupt gate' }).first().waitFor();
        await page.locator('summary', { hasText: 'Task state segment' }).waitFor();
      });
      await look('system-tables');
      await check('a page walk of an address, with the nested tables beside it', async () => {
        await tab(page, 'Page walk').click();
        await page.getByLabel('Address').fill('0x8000');
        await page.keyboard.press('Enter');
        await page.locator('.walk', { hasText: 'Nested page tables' }).waitFor();
      });
      await look('system-paging-hvm');
      await check('interrupt controllers and timers', async () => {
        await tab(page, 'Interrupts and timers').click();
        await page.locator('.device', { hasText: '8259A' }).waitFor();
        await soon('four devices', async () => (await page.locator('.device').count()) === 4);
      });
      await look('system-devices');
      await check('a field of the VMCS is set; nonsense is refused in words', async () => {
        await tab(page, 'VMCS').click();
        await page.getByLabel('Filter').fill('cr0');
        const input = page.locator('input.value').first();
        await input.fill('nonsense');
        await input.press('Enter');
        await page.locator('td.fields [role=alert]').waitFor();
        assert.equal(await input.inputValue(), 'nonsense');
        await page.getByLabel('Filter').fill('');
      });
      await look('system-vmcs');
      await check('in a narrow tab nothing is out of sight', async () => {
        const { width, height } = page.viewportSize();
        const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        for (const narrow of [900, 560, 340]) {
          await page.setViewportSize({ width: narrow, height });
          for (const name of ['Registers', 'Descriptor tables', 'Page walk', 'Interrupts and timers', 'VMCS']) {
            await tab(page, name).click();
            assert.equal(await tooWide(), 0, `${name}, ${narrow} pixels wide`);
          }
        }
        await look('system-vmcs-narrow');
        await tab(page, 'Registers').click();
        await look('system-registers-narrow');
        await page.setViewportSize({ width, height });
      });
    },
  },
  {
    page: 'system',
    name: 'shadow page tables',
    guest: 'test/guest/paging.asm',
    attributes: { technique: 'trap' },
    breakpoints: ['cr:0'],
    async prepare(session) {
      for (let i = 0; i < 4; i++) {
        await session.go();
        await session.go('next');
        const { registers } = await session.request('ringside/system', {});
        if (registers.find((r) => r.name === 'cr0').value >>> 31) break;
      }
      await session.go('next');
    },
    async run({ page, check, look }) {
      await check('selectors and tables of the silicon are beside the guest’s, in words', async () => {
        const cs = page.locator('tr', { has: page.locator('th', { hasText: /^CS$/ }) });
        await cs.locator('.hardware', { hasText: 'its RPL is the ring that the guest’s kernel really runs in, 3' }).waitFor();
        await look('system-registers-trap');
        await tab(page, 'Descriptor tables').click();
        await page.locator('.hardware', { hasText: 'the VMM’s shadow of the guest’s GDT' }).waitFor();
        await look('system-tables-trap');
      });
      await check('the shadow tables are beside the guest’s', async () => {
        await tab(page, 'Page walk').click();
        await page.locator('.walk', { hasText: 'Shadow page tables' }).first().waitFor();
        await soon('both', async () => (await page.locator('.walk').count()) >= 2);
      });
      await look('system-paging-shadow');
      await check('an address that is not mapped ends in a fault', async () => {
        await page.getByLabel('Address').fill('0xF0000000');
        await page.keyboard.press('Enter');
        await page.locator('.walk li.fault', { hasText: 'error code' }).waitFor();
      });
    },
  },
  {
    page: 'system',
    name: 'in Spanish',
    guest: 'examples/rings.asm',
    attributes: { technique: 'hvm' },
    breakpoints: ['system_call'],
    language: 'es',
    prepare: (session) => session.go(),
    async run({ page, check, look }) {
      await check('its words are Spanish', () => page.getByRole('heading', { name: 'Sistema' }).waitFor());
      for (const [n, name] of ['registers', 'tables', 'paging', 'devices', 'vmcs'].entries()) {
        await page.getByRole('tab').nth(n).click();
        await look(`system-${name}-es`, ['light']);
      }
    },
  },
];
