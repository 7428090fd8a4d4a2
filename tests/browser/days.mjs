/* Four people's days, walked in a browser: the manager reviews 40 rights, HR sees a leaver through to the proof, the auditor looks
 * and cannot touch, the administrator's morning. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { facts, keeps, ldif, looks, open, rightful, shoot, signIn, start, stop, tabs } from './browser.mjs';

before(start);
after(stop);

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

/* Each person's day is walked on both stores; the second time its pictures have a name of their own. */
function onEachStore(name, walk) {
  test(name, () => walk(facts.url, ''));
  test(`${name}, on PostgreSQL`, { skip: !facts.postgres_url && 'no PostgreSQL here' }, () => walk(facts.postgres_url, 'postgresql-'));
}

/* ---- the manager ---- */

/* Counts what a hand does: clicks, and pages that it sees. */
function counting(page) {
  const count = { clicks: 0, screens: new Set() };
  const see = () => count.screens.add(new URL(page.url()).pathname);
  return { count, see, click: async (locator) => { count.clicks += 1; await locator.click(); see(); } };
}

/* A second campaign over the same rights, for what is tried out. */
const OTHER = '/reviews/RV-000002';

const undecided = (page) => page.locator('fieldset.item:not(.is-decided)');

/* Answers what is on the page: the advice where there is one, else keep; a reason where one is asked for. */
async function answerAll(page, { click, count }) {
  for (const item of await page.locator('fieldset.item').all()) {
    const is_remove = (await item.innerText()).includes('We advise: Remove');
    await click(item.locator('.decide label', { hasText: is_remove ? 'Remove' : 'Keep' }));
    const reason = item.locator('input[name^="reason-"]');
    if (await reason.isVisible()) {
      await reason.fill('Still needed for their work');
      await reason.press('Tab');
    }
  }
  await page.locator('[data-saved]', { hasText: 'Saved.' }).waitFor();
  return count;
}

async function review40(url, store) {
  const page = await signIn(await open(url), 'kvogt');
  const hand = counting(page);
  await page.goto('/reviews');
  hand.see();
  await keeps(page, `${store}manager-1-list`);
  await hand.click(page.getByRole('link', { name: 'Begin' }).first());
  const items = await page.locator('fieldset.item').count();
  assert.equal(items, 40);
  assert.match(await page.title(), /^0 of 40 – /);
  assert.equal(await page.locator('input[type="radio"]:checked').count(), 0, 'nothing is selected beforehand');
  await keeps(page, `${store}manager-2-review`);
  await tabs(page, `${store}manager-2-review`);
  await answerAll(page, hand);
  assert.equal(await undecided(page).count(), 0);
  assert.match(await page.title(), /^40 of 40 – /);
  await page.reload();
  assert.equal(await undecided(page).count(), 0, 'what was said to be saved is');
  await looks(page, `${store}manager-3-answered`);
  await hand.click(page.getByRole('button', { name: 'Check your answers' }));
  await heading(page, 'Check your answers');
  await keeps(page, `${store}manager-4-check`);
  await hand.click(page.getByRole('button', { name: 'Sign off 40 answers' }));
  await heading(page, /Thank you/);
  await keeps(page, `${store}manager-5-signed`);
  const { clicks, screens } = hand.count;
  console.log(`the manager's review of ${items} rights: ${clicks} clicks, ${screens.size} screens`);
  assert.ok(screens.size <= 4, `${[...screens]}`);
  assert.ok(clicks <= items + 3);
  await page.context().close();
}

test('a manager reads the mail and its link leads to the review, past signing in', async () => {
  const page = await open(facts.url);
  await page.setContent(facts.mail.html);
  await shoot(page, 'mail');
  assert.match(facts.mail.subject, /^Rights of your people, and 1 more$/);
  assert.match(facts.mail.plain, /you have 40 rights to decide; the last day is \d{1,2} [A-Z][a-z]+ \d{4}\./);
  const link = page.getByRole('link').first();
  assert.ok(facts.mail.plain.includes(await link.getAttribute('href')), 'both forms lead to the same place');
  await link.click();
  await page.getByLabel('Name', { exact: true }).fill('kvogt'); // the link opens nothing by itself
  await page.getByLabel('Password').fill(facts.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, /^Rights of your people \(RV-000001, started on /);
  assert.equal(new URL(page.url()).pathname, '/reviews/RV-000001');
  assert.equal(await page.locator('fieldset.item').count(), 40);
  await page.context().close();
});

test('a manager hands one right on, is refused without a reason, and goes by keyboard', async () => {
  const page = await signIn(await open(facts.url), 'kvogt');
  await page.goto(OTHER);
  const first = page.locator('fieldset.item').first();

  /* undo */
  await first.locator('.decide label', { hasText: 'Keep' }).click();
  if (await first.locator('input[name^="reason-"]').isVisible()) await first.locator('input[name^="reason-"]').fill('x');
  await first.locator('input[name^="reason-"]').blur().catch(() => {});
  await page.locator('[data-saved]', { hasText: 'Saved.' }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.locator('[data-saved]', { hasText: 'Taken back' }).waitFor();
  await page.reload();
  assert.equal(await page.locator('fieldset.item.is-decided').count(), 0);

  /* keys, and their switch */
  await page.locator('h1').click();
  await page.keyboard.press('n');
  await page.keyboard.press('k');
  const reason = page.locator('input[name^="reason-"]:focus');
  if (await reason.count()) {
    await reason.fill('Still needed');
    await page.keyboard.press('Enter');
  }
  await page.locator('fieldset.item.is-decided').first().waitFor();
  await page.getByLabel('Use single keys on this page').uncheck();
  await page.keyboard.press('k');
  assert.equal(await page.locator('fieldset.item.is-decided').count(), 1);
  await page.getByLabel('Use single keys on this page').check();

  /* names that would like to be more than names */
  assert.ok(await page.getByRole('heading', { name: '<script>alert(1)</script>' }).count());
  await page.context().close();
});

test('a manager without JavaScript answers, is told what is missing, and loses nothing', async () => {
  const page = await signIn(await open(facts.url, { javaScriptEnabled: false }), 'kvogt');
  await page.goto(OTHER);
  const privileged = page.locator('fieldset.item', { hasText: 'Privileged' }).first();
  await privileged.locator('input[value="keep"]').first().check({ force: true });
  const other = page.locator('fieldset.item:not(.is-decided)', { hasText: 'Enter supplier invoices' }).last();
  const name = await other.getAttribute('id');
  await other.locator('input[value="keep"]').first().check({ force: true });
  await page.getByRole('button', { name: 'Save' }).click();
  const summary = page.getByRole('alert');
  await summary.getByRole('heading', { name: 'There is a problem' }).waitFor();
  await shoot(page, 'manager-no-script-problem');
  await summary.getByRole('link').first().click();
  assert.ok(await page.locator(`#${name}.is-decided`).count(), 'the other answer was kept');
  assert.ok(await privileged.locator('input[value="keep"]').first().isChecked(), 'the answer stands in the form');
  await privileged.locator('input[name^="reason-"]').fill('Looks after the service desk');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('Saved').waitFor();
  await page.context().close();
});

test('an answer that somebody else gave meanwhile is told, with who it was', async () => {
  const [one, two] = [await signIn(await open(facts.url), 'kvogt'), await signIn(await open(facts.url), 'kvogt')];
  for (const page of [one, two]) await page.goto(OTHER);
  const id = await one.locator('fieldset.item:not(.is-decided)').last().getAttribute('id');
  for (const [page, word] of [[one, 'Keep'], [two, 'Remove']]) {
    const item = page.locator(`#${id}`);
    await item.locator('.decide label', { hasText: word }).click();
    if (await item.locator('input[name^="reason-"]').isVisible()) {
      await item.locator('input[name^="reason-"]').fill('Because');
      await item.locator('input[name^="reason-"]').press('Tab');
    }
    await page.locator('[data-saved]', { hasText: page === one ? 'Saved.' : 'Not saved' }).waitFor();
  }
  await two.locator(`#${id} .wrong`, { hasText: 'Katrin Vogt' }).waitFor();
  await shoot(two, 'manager-conflict');
  await one.context().close();
  await two.context().close();
});

test('a manager without JavaScript keeps all of one person, seen first and with a reason', async () => {
  const page = await signIn(await open(facts.url, { javaScriptEnabled: false }), 'kvogt');
  await page.goto(OTHER);
  await page.getByRole('link', { name: /^Keep all ordinary rights of Team Member 09/ }).click();
  await heading(page, 'Keep 2 rights of Team Member 09?');
  assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 2);
  await page.getByLabel('Reason for all of them').fill('On the team as before');
  await page.getByRole('button', { name: 'Save these answers' }).click();
  await page.getByRole('status').getByText('Saved.').waitFor();
  assert.equal(await page.locator('section', { has: page.getByRole('heading', { name: 'Team Member 09' }) }).locator('fieldset.is-decided').count(), 2);
  await page.context().close();
});

test('a manager follows advice in bulk, keeps until a day, and hands a right on to somebody who is named', async () => {
  const page = await signIn(await open(facts.url), 'kvogt');
  await page.goto(OTHER);
  await page.getByRole('link', { name: /^Follow the advice for/ }).click();
  await heading(page, /^Follow the advice for 3 rights/);
  await keeps(page, 'bulk');
  await page.getByRole('checkbox').first().uncheck();
  await page.getByText('2 of 3 selected').waitFor();
  await page.getByRole('button', { name: 'Save these answers' }).click();
  await page.getByRole('alert').getByText('Give the reason').waitFor();
  assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 2, 'what was taken out stays out');
  await page.getByLabel('Reason for all of them').fill('Not allowed by the rule');
  await page.getByRole('button', { name: 'Save these answers' }).click();
  await page.getByRole('status').getByText('Saved.').waitFor();

  const last = page.locator('fieldset.item:not(.is-decided)').last();
  await last.locator('summary').click();
  await last.getByLabel('Keep until', { exact: true }).check();
  await last.locator('input[name^="reason-"]').fill('Until the stand-in is back');
  await last.getByLabel('Keep until the end of').fill(new Date(Date.now() + 40 * 86400000).toISOString().slice(0, 10));
  await last.getByLabel('Keep until the end of').press('Tab');
  await page.locator('[data-saved]', { hasText: 'Saved.' }).waitFor();

  const first = page.locator('fieldset.item:not(.is-decided)').first();
  await first.locator('summary').click();
  await first.getByRole('link', { name: /hand on/ }).click();
  await heading(page, 'Who should answer?');
  await keeps(page, 'pass');
  await page.getByLabel('Somebody else, whom I name').check();
  await page.getByLabel('Name or number of that person').fill('muller');
  await page.getByLabel('Note for them').fill('You work with them every day');
  await page.getByRole('button', { name: 'Hand on' }).click();
  await page.getByText('Several people fit. Whom do you mean?').waitFor();
  await keeps(page, 'pass-choice');
  await page.getByLabel(/Anna Müller/).check();
  await page.getByRole('button', { name: 'Hand on' }).click();
  await page.getByRole('status').getByText('Handed on.').waitFor();

  const anna = await signIn(await open(facts.url), 'amuller');
  await anna.goto(OTHER);
  assert.equal(await anna.locator('fieldset.item').count(), 1);
  await page.context().close();
  await anna.context().close();
});

onEachStore('a manager reviews 40 rights on at most four screens', review40);

/* ---- HR ---- */

onEachStore('HR sees a leaver through from the check to the proof', async (url, store) => {
  const page = await signIn(await open(url), 'hberg');
  await page.goto('/leavers');
  await page.getByLabel(/Name, employee number/).fill('muller');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('2 people fit').waitFor();
  await page.getByText('Compliance Officer').waitFor();
  await keeps(page, `${store}hr-1-choice`);
  await page.getByLabel(/Name, employee number/).fill('Lena Wong');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('link', { name: 'Lena Wong' }).click();
  await heading(page, 'Leaver check: Lena Wong');
  await keeps(page, `${store}hr-2-check`);
  await page.getByLabel('Last working day').fill(new Date(Date.now() - 86400000).toISOString().slice(0, 10));
  await page.getByRole('button', { name: 'Check now' }).click();
  await heading(page, 'Lena Wong');
  await page.getByText('lwong').first().waitFor();
  await page.locator('.tag', { hasText: 'open' }).first().waitFor();
  await keeps(page, `${store}hr-3-case`);

  ldif(`dn: uid=lwong,ou=people,dc=example,dc=com
changetype: modify
add: pwdAccountLockedTime
pwdAccountLockedTime: 000001010000Z

dn: cn=fin-payments,ou=groups,dc=example,dc=com
changetype: modify
delete: member
member: uid=lwong,ou=people,dc=example,dc=com
`);
  await page.getByRole('button', { name: 'Check again now' }).click();
  await page.locator('tr', { hasText: 'lwong' }).first().locator('.tag', { hasText: 'clear' }).waitFor();
  await shoot(page, `${store}hr-4-closed`);
  const proof = await page.pdf({ preferCSSPageSize: true });
  assert.ok(proof.length > 5000 && proof.subarray(0, 5).toString() === '%PDF-');
  ldif(`dn: uid=lwong,ou=people,dc=example,dc=com
changetype: modify
delete: pwdAccountLockedTime

dn: cn=fin-payments,ou=groups,dc=example,dc=com
changetype: modify
add: member
member: uid=lwong,ou=people,dc=example,dc=com
`);
  await page.context().close();
});

/* ---- the auditor ---- */

const PAGES = ['/', '/exceptions', '/exceptions/EX-000001', '/reviews', '/reviews/RV-000001/campaign', '/tasks', '/leavers', '/runs', '/runs/1',
  '/controls', '/me', '/people/00100', '/accounts/user05', '/groups/admins', '/register/LAP-1'];

onEachStore('an auditor looks at everything and can change nothing', async (url, store) => {
  const page = await signIn(await open(url), 'aroth');
  for (const [i, path] of PAGES.entries()) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), 200, path);
    await keeps(page, `${store}auditor-${String(i).padStart(2, '0')}${path.replaceAll('/', '-')}`);
    const forms = await page.locator('main form[method="post"]').evaluateAll((list) => list.map((form) => form.getAttribute('action')));
    assert.deepEqual(forms.filter((action) => action !== '/me/sessions'), [], path);
  }
  const token = await page.locator('[name="csrf"]').first().inputValue();
  for (const path of ['/exceptions/EX-000001/comment', '/leavers', '/runs', '/reviews/RV-000001/close']) {
    const status = await page.evaluate(async ([where, csrf]) => (await fetch(where, { method: 'POST', body: new URLSearchParams({ csrf }) })).status, [path, token]);
    assert.equal(status, 403, path);
  }
  await page.context().close();
});

test('what is not somebody\'s is the 404 of what there is not', async () => {
  const page = await signIn(await open(facts.url), 'user01');
  const texts = [];
  for (const path of ['/reviews/RV-000001', '/reviews/RV-999999']) {
    assert.equal((await page.goto(path)).status(), 404, path);
    texts.push((await page.locator('main').innerText()).replace(/RV-\d+/g, ''));
  }
  assert.equal(texts[0], texts[1]);
  await page.context().close();
});

/* ---- the administrator ---- */

onEachStore('an administrator\'s morning: what is open, who sees to it, what may stay, what to carry out', async (url, store) => {
  const page = await signIn(await open(url), 'apohl');
  await page.goto('/');
  await keeps(page, `${store}admin-1-overview`);
  await tabs(page, `${store}admin-1-overview`);
  await page.getByRole('link', { name: 'Exceptions' }).first().click();
  await page.getByLabel('Severity').selectOption('high');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.match(page.url(), /severity=high/);
  await page.locator('tbody tr a').first().click();

  await page.getByLabel('Who sees to it').fill('service desk');
  await page.getByRole('button', { name: 'Assign' }).click();
  await page.getByText('service desk').first().waitFor();
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByRole('alert').getByText('There is a problem').waitFor();
  await keeps(page, `${store}admin-2-problem`);
  await page.getByLabel('What others should know').fill('Asked the owner <b>twice</b>.');
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByText('Asked the owner <b>twice</b>.').waitFor();
  await page.getByLabel('Who approves').fill('00104');
  await page.getByLabel('Until the end of').fill(new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10));
  await page.getByLabel('Why it may stay').fill('Replaced next month');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByRole('alert').getByText('There is a problem').waitFor();
  assert.equal(await page.getByLabel('Why it may stay').inputValue(), 'Replaced next month');
  await page.getByLabel('Who approves').fill('00101');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByText(/accepted/).first().waitFor();
  await keeps(page, `${store}admin-3-exception`);

  await page.goto('/tasks');
  await page.locator('details summary').first().click();
  await page.getByText('changetype: modify').first().waitFor();
  await keeps(page, `${store}admin-4-tasks`);
  await page.goto('/runs');
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('link', { name: 'Show the run' }).click({ timeout: 60000 });
  await heading(page, /^Run \d+$/);
  await keeps(page, `${store}admin-5-run`);
  await page.context().close();
});

/* ---- the campaign's owner ---- */

test('the owner of a campaign sees how far everybody is, reassigns, closes, starts anew', async () => {
  const page = await signIn(await open(facts.url), 'smuller');
  await page.goto('/reviews/RV-000001/campaign');
  await page.getByRole('heading', { name: 'How it was answered' }).waitFor();
  await page.getByRole('cell', { name: '100 %' }).first().or(page.getByRole('rowheader', { name: 'All together' })).first().waitFor();
  await keeps(page, 'owner-campaign');
  await page.getByRole('link', { name: 'Each reviewer' }).click();
  await page.getByRole('rowheader', { name: 'Katrin Vogt' }).nth(1).waitFor();
  await page.goto(`${OTHER}/campaign`);
  await page.getByRole('button', { name: 'Remind everybody with open items' }).click();
  await page.getByRole('heading', { name: 'Who hears of it' }).waitFor({ timeout: 60000 });
  await page.getByRole('row', { name: /Katrin Vogt.*message has gone already/ }).waitFor();
  await keeps(page, 'owner-reminded');
  await page.getByRole('link', { name: 'Back to the campaign' }).click();
  const row = page.locator('tr', { has: page.getByRole('rowheader', { name: 'Katrin Vogt' }) });
  await row.getByRole('link', { name: /^Reassign/ }).click();
  await keeps(page, 'owner-reassign');
  await page.getByLabel('Name or number of who should answer').fill('Gerd');
  await page.getByLabel('Note for them').fill('Katrin is away until spring');
  await page.getByRole('button', { name: 'Reassign' }).click();
  await page.getByRole('status').getByText('Reassigned.').waitFor();
  await page.locator('tr', { has: page.getByRole('rowheader', { name: 'Gerd Ott' }) }).waitFor();
  await page.getByRole('button', { name: 'Close the campaign' }).click();
  await page.getByRole('alert').getByText('Tick the box').waitFor();
  await page.getByLabel(/Reason/).fill('The team was merged');
  await page.getByLabel(/I mean it/).check();
  await page.getByRole('button', { name: 'Close the campaign' }).click();
  await page.getByRole('status').getByText('The campaign is closed.').waitFor();
  await page.getByText('Not reviewed').first().waitFor();
  await page.getByText('closed: The team was merged').waitFor();

  await page.goto('/reviews');
  await page.getByLabel('Campaign').selectOption('second');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('link', { name: 'Show the review' }).click({ timeout: 60000 });
  await page.getByText(/RV-00000[34]/).first().waitFor();
  await page.context().close();
});

/* ---- how it looks elsewhere ---- */

test('dark, forced colours and print', async () => {
  for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['forced', { forcedColors: 'active' }]]) {
    const page = await signIn(await open(facts.url, options), 'apohl');
    for (const path of ['/', '/exceptions', '/runs/1']) {
      await page.goto(path);
      await looks(page, `${name}${path.replaceAll('/', '-')}`);
    }
    await page.context().close();
  }
});

test('who signs in wrongly is told the same whatever was wrong, and a page of its own is whole', async () => {
  const page = await open(facts.url);
  await page.goto('/sign-in');
  await keeps(page, 'sign-in');
  await page.getByLabel('Name', { exact: true }).fill('kvogt');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await keeps(page, 'sign-in-refused');
  await page.context().close();
});
