import assert from 'node:assert/strict';
import { soon } from '../workbench.mjs';

/** How many there are once their number stays. */
async function settledCount(rows) {
  let last = -1;
  return soon('rows', async () => {
    const now = await rows.count();
    const settled = now > 0 && now === last;
    last = now;
    return settled && now;
  });
}

const eventRows = (page) => page.locator('[aria-label="Events"] tbody tr');

export const exitsScenarios = [
  {
    page: 'exits',
    name: 'system calls under hardware assistance',
    guest: 'examples/rings.asm',
    attributes: { technique: 'hvm' },
    breakpoints: ['event:guestFault'],
    prepare: (session) => session.go(),
    async run({ hosted, page, session, check, look }) {
      await check('reasons are counted', async () => {
        await page.getByRole('button', { name: 'IO_INSTRUCTION', exact: true }).first().waitFor();
        const { counts } = await session.request('ringside/exits', { count: 0 });
        await page.locator('.toggle', { hasText: new RegExp(`VM exits.*${counts.vmExit}$`) }).waitFor();
      });
      await check('an event is shown from its instruction to its effect', async () => {
        await page.getByRole('button', { name: 'IO_INSTRUCTION', exact: true }).first().click();
        await soon('only those', async () => (await eventRows(page).count()) > 0 && (await eventRows(page).allTextContents()).every((t) => t.includes('IO_INSTRUCTION')));
        await eventRows(page).first().getByRole('button').click();
        const steps = page.locator('.chain li');
        await soon('four steps', async () => (await steps.count()) === 4);
        await soon('their names', async () => (await page.locator('.chain h3').allTextContents()).join() === 'Instruction,Trap,Handler,Effect');
        await steps
          .nth(1)
          .filter({ hasText: /qualification/i })
          .waitFor();
      });
      await look('exits-hvm');
      await check('one click makes a breakpoint of a reason', async () => {
        await page.getByRole('button', { name: 'Break on exit:IO_INSTRUCTION' }).first().click();
        await soon('it was asked for', () => hosted.done.length > 0);
        assert.deepEqual(hosted.done, [{ breakpoint: 'exit:IO_INSTRUCTION' }]);
        const { breakpoints } = await session.breakAt(['exit:IO_INSTRUCTION']);
        assert.equal(breakpoints[0].verified, true);
      });
    },
  },
  {
    page: 'exits',
    name: 'a boot sector under trap-and-emulate',
    guest: 'test/e2e/pages/loops.asm',
    attributes: { technique: 'trap' },
    breakpoints: ['insn:hlt'],
    prepare: (session) => session.go(),
    async run({ page, check, look }) {
      await page.locator('.bucket').first().waitFor();
      await look('exits-trap');
      await check('a stretch of the timeline is chosen by keys, and limits the rest', async () => {
        const all = await settledCount(eventRows(page));
        await page.locator('.bucket[tabindex="0"]').focus();
        await page.keyboard.press('Home');
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Show all' }).waitFor();
        await eventRows(page).first().waitFor();
        await page.getByRole('button', { name: 'Show all' }).click();
        await soon('all again', async () => (await eventRows(page).count()) === all);
      });
      await check('a kind can be left out', async () => {
        const toggle = page.locator('.toggle[aria-pressed="true"]').first();
        const name = (await toggle.textContent()).replace(/ [\d,]+$/, '');
        await toggle.click();
        await soon(`no ${name}`, async () => !(await page.locator('[aria-label="Events by reason"] tbody').textContent()).includes(name));
      });
    },
  },
  {
    page: 'exits',
    name: 'a guest that runs',
    guest: 'examples/bricks.asm',
    attributes: { technique: 'bt' },
    prepare: (session) => session.run(),
    async run({ hosted, page, check, look }) {
      await hosted.news('running');
      await check('it is looked at again while it runs', () => page.locator('.chip', { hasText: 'per second' }).waitFor());
      await look('exits-running');
    },
  },
  {
    page: 'exits',
    name: 'before it has heard of a session',
    guest: 'examples/trap.asm',
    attributes: { technique: 'trap' },
    silent: true,
    async run({ hosted, page, check }) {
      await check('it says nothing about one', async () => {
        await page.getByRole('heading', { name: 'VM Exits' }).waitFor();
        assert.equal(await page.getByRole('status').textContent(), '');
        await hosted.news('none');
        await page.getByRole('status').filter({ hasText: 'No guest is being debugged' }).waitFor();
      });
    },
  },
  {
    page: 'exits',
    name: 'in Spanish',
    guest: 'examples/trap.asm',
    attributes: { technique: 'trap' },
    breakpoints: ['event:silent'],
    language: 'es',
    async prepare(session) {
      await session.go();
      await session.go('next');
    },
    async run({ page, check, look }) {
      await check('its words are Spanish', async () => {
        await page.getByRole('heading', { name: 'Salidas de VM' }).waitFor();
        await page.locator('.toggle', { hasText: 'mal en silencio' }).waitFor();
        await page.locator('[aria-label="Eventos"] tbody tr').first().getByRole('button').click();
        await soon('the chain', async () => (await page.locator('.chain li').count()) === 4);
      });
      await look('exits-es', ['light']);
    },
  },
];
