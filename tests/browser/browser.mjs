/* What all days share: the browser, signing in, and what every page must keep: no error of the console (so none of the content
 * security policy either), axe, no sideways scrolling at 320 and 360 px or at 200 %, targets that can be hit, a focus that is seen. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export const facts = JSON.parse(fs.readFileSync(process.env.FACTS, 'utf8'));
const require = createRequire(path.join(facts.modules, 'package.json'));
const { chromium } = require('playwright-core');
const axe = require('axe-core');

let browser;
export async function start() {
  /* No sandbox: tests may run as root, where chromium has none; it only sees our own pages. */
  browser = await chromium.launch({ executablePath: facts.chromium, args: ['--no-sandbox', '--disable-gpu'] });
}
export const stop = () => browser.close();

/* A page of its own session. options: those of a browser context. */
export async function open(base, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.errors = [];
  /* Refusals are part of the story; the browser tells of each. */
  const is_refusal = (text) => /status of 4\d\d/.test(text);
  page.on('console', (message) => { if (message.type() === 'error' && !is_refusal(message.text())) page.errors.push(message.text()); });
  page.on('pageerror', (error) => page.errors.push(String(error)));
  return page;
}

/* By the form, whose password the directory knows; or, where the demo's page is, by choosing who to be. */
export async function signIn(page, user) {
  await page.goto('/sign-in');
  if (await page.getByLabel('Password').count()) {
    await page.getByLabel('Name', { exact: true }).fill(user);
    await page.getByLabel('Password').fill(facts.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  } else {
    await page.locator('form', { hasText: `(${user})` }).getByRole('button').click();
  }
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

export const rightful = (...argumentsOf) => {
  const result = spawnSync(facts.rightful, ['--config', facts.config, ...argumentsOf], { encoding: 'utf8' });
  assert.ok([0, 3].includes(result.status), `rightful ${argumentsOf.join(' ')}: ${result.stderr}`);
  return result.stdout;
};

/* Changes the directory as an administrator would. */
export function ldif(text) {
  const { url, root, passwordFile, ca } = facts.directory;
  const result = spawnSync('ldapmodify', ['-x', '-H', url, '-D', root, '-y', passwordFile],
    { input: text, encoding: 'utf8', env: { ...process.env, LDAPTLS_CACERT: ca } });
  assert.equal(result.status, 0, result.stderr);
}

export const shoot = (page, name) => page.screenshot({ path: path.join(facts.screenshots, `${name}.png`), fullPage: true });

/* ---- what every page keeps ---- */

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function accessible(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.slice(0, 3).map((node) => node.html).join('\n  ')}`);
  assert.deepEqual(told, [], `${name}: axe`);
}

async function reflows(page, name) {
  const size = page.viewportSize();
  for (const width of [320, 360, 640]) {
    await page.setViewportSize({ width, height: 800 });
    const [wide, widest] = await page.evaluate(() => [document.documentElement.scrollWidth,
      [...document.querySelectorAll('main *')].sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0]?.outerHTML.slice(0, 120)]);
    assert.ok(wide <= width, `${name}: ${wide} px wide at ${width} px: ${widest}`);
    if (width === 320) await shoot(page, `${name}-320`);
  }
  await page.setViewportSize(size);
}

/* Buttons and fields are 44 px high where they are not words of a sentence (WCAG 2.5.8 asks for 24). */
async function hittable(page, name) {
  const small = await page.evaluate(() => [...document.querySelectorAll('main button, main .button, main select, main textarea, main input:not([type="hidden"], [type="radio"], [type="checkbox"])')]
    .filter((node) => node.checkVisibility() && !node.classList.contains('link') && node.getBoundingClientRect().height < 43.5)
    .map((node) => node.outerHTML.slice(0, 100)));
  assert.deepEqual(small, [], `${name}: lower than 44 px`);
}

/* Every stop of the Tab key is seen, marked, not under something, and comes in the order of the page. */
export async function tabs(page, name, most = 25) {
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  let before = -1;
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const node = document.activeElement;
      if (!node || node === document.body) return null;
      const seen = node.matches('.decide input') ? node.nextElementSibling : node;
      const box = seen.getBoundingClientRect();
      const style = getComputedStyle(seen);
      const top = document.elementFromPoint(box.x + Math.min(box.width / 2, 20), box.y + box.height / 2);
      return { at: [...document.querySelectorAll('*')].indexOf(node), html: node.outerHTML.slice(0, 100), outline: style.outlineStyle !== 'none',
        inside: box.top >= 0 && box.bottom <= innerHeight + 1 && box.width > 1, covered: !(top && (seen.contains(top) || top.contains(seen) || node.contains(top))) };
    });
    if (!stop || stop.at < before) return;
    assert.ok(stop.outline && stop.inside && !stop.covered, `${name}: focus not seen on ${JSON.stringify(stop)}`);
    before = stop.at;
  }
}

export async function looks(page, name) {
  await shoot(page, name);
  await accessible(page, name);
  assert.deepEqual(page.errors.splice(0), [], `${name}: console`);
}

/* The same in the dark, where contrast is another one, and on paper, where nothing can be pressed. */
async function elsewhere(page, name) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, `${name}-dark`);
  await accessible(page, `${name} in the dark`);
  await page.emulateMedia({ colorScheme: 'light', media: 'print' });
  await shoot(page, `${name}-print`);
  const pressed = await page.evaluate(() => [...document.querySelectorAll('button, nav, .bar')].filter((node) => node.checkVisibility())
    .map((node) => node.outerHTML.slice(0, 100)));
  assert.deepEqual(pressed, [], `${name}: on paper`);
  await page.emulateMedia({ colorScheme: null, media: null });
}

export async function keeps(page, name) {
  await looks(page, name);
  await hittable(page, name);
  await reflows(page, name);
  await elsewhere(page, name);
  assert.equal(await page.locator('h1').count(), 1, `${name}: one heading of the page`);
  assert.deepEqual(page.errors.splice(0), [], `${name}: console`);
}
