/* A review page that saves each answer as it is given, can take it back, and can be worked through by keyboard. Without this file
 * the page is a form with a Save button: whatever is here is also there. */

const form = document.querySelector('form[data-review]');
const status = document.querySelector('[data-saved]');
const say = (text) => { if (status) status.textContent = text; };

const fieldset = (node) => node.closest('fieldset[data-item]');
const items = () => [...form.querySelectorAll('fieldset[data-item]')];
const field = (item, name) => form.elements[`${name}-${item.dataset.item}`];
const decision = (item) => form.querySelector(`[name="decision-${item.dataset.item}"]:checked`)?.value ?? '';
const state = (item) => ({ decision: decision(item), reason: field(item, 'reason').value, until: field(item, 'until').value });

/* What the server has, per item; answers that were given, to take them back. */
const saved = new Map();
const unsaved = new Set();
const taken = [];
let current = null;
let since = performance.now();
let retry = 0;

function show(item, to) {
  for (const radio of form.querySelectorAll(`[name="decision-${item.dataset.item}"]`)) radio.checked = radio.value === to.decision;
  field(item, 'reason').value = to.reason;
  field(item, 'until').value = to.until;
}

/* A reason is asked for where the answer needs one; elsewhere the field only takes room. */
function ask(item) {
  const box = field(item, 'reason').closest('.field');
  const needs = (item.dataset.reasonFor ?? '').split(' ').includes(decision(item));
  box.hidden = !needs && field(item, 'reason').value === '' && !box.classList.contains('bad');
  return needs;
}

function complain(item, text) {
  const field_ = field(item, 'reason');
  let line = item.querySelector('.wrong');
  if (!text) {
    line?.remove();
    field_.removeAttribute('aria-invalid');
    field_.closest('.field').classList.remove('bad');
    return;
  }
  if (!line) {
    line = Object.assign(document.createElement('p'), { className: 'wrong', id: `wrong-${item.dataset.item}` });
    item.querySelector('.answer').prepend(line);
  }
  line.textContent = text;
  field_.setAttribute('aria-invalid', 'true');
  field_.setAttribute('aria-describedby', line.id);
  field_.closest('.field').classList.add('bad');
  field_.closest('.field').hidden = false;
}

function progress({ decided, items: all }) {
  for (const node of document.querySelectorAll('[data-progress]')) node.textContent = `${decided} of ${all}`;
  const bar = document.querySelector('progress');
  if (bar) bar.value = decided;
  document.title = document.title.replace(/^(\d+ of \d+ – )?/, `${decided} of ${all} – `);
}

/* A new session has a new token: the page asks for it once, so that nothing has to be typed again. */
async function newToken() {
  const answer = await fetch(location.href, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return false;
  const { csrf } = await answer.json();
  for (const input of document.querySelectorAll('[name="csrf"]')) input.value = csrf;
  return Boolean(csrf);
}

async function send(item, is_again) {
  const data = new URLSearchParams({ csrf: form.elements.csrf.value, go: 'save' });
  for (const name of ['version', 'reason', 'until']) data.set(`${name}-${item.dataset.item}`, field(item, name).value);
  data.set(`decision-${item.dataset.item}`, decision(item));
  data.set(`seconds-${item.dataset.item}`, Math.min(3600, Math.round((performance.now() - since) / 1000)));
  const answer = await fetch(form.action, { method: 'POST', body: data, headers: { Accept: 'application/json' } });
  if ((answer.status === 401 || answer.status === 403) && !is_again && await newToken()) return send(item, true);
  return answer;
}

function waiting(text) {
  say(text);
  clearTimeout(retry);
  retry = setTimeout(flush, 8000);
}

async function flush() {
  for (const item of [...unsaved]) await save(item);
}

async function save(item) {
  const now = state(item);
  if (ask(item) && now.reason.trim() === '') {
    say('A reason is needed before this answer is saved.');
    return;
  }
  if (now.decision === 'keep-until' && now.until === '') return;
  unsaved.add(item);
  say('Saving…');
  let answer;
  try {
    answer = await send(item, false);
  } catch {
    waiting('Not saved: no connection. Your answers stay here and are tried again.');
    return;
  }
  if (answer.status === 401 || answer.status === 403) {
    waiting('Not saved: you are signed out. Sign in again in another tab; your answers stay here and are tried again.');
    return;
  }
  const result = await answer.json().catch(() => null);
  if (!result?.progress) {
    waiting('Not saved: the server could not. Your answers stay here and are tried again.');
    return;
  }
  unsaved.delete(item);
  const wrong = result.wrong_items?.find((row) => String(row.item) === item.dataset.item);
  complain(item, wrong?.text);
  progress(result.progress);
  if (wrong) {
    say('Not saved: see the message beside the answer.');
    return;
  }
  const done = result.saved?.find((row) => String(row.item) === item.dataset.item);
  if (done) field(item, 'version').value = done.version;
  const before = saved.get(item);
  if (before.decision !== now.decision) {
    taken.push({ item, before });
    since = performance.now();
  }
  saved.set(item, now);
  item.classList.toggle('is-decided', now.decision !== '');
  undo.hidden = taken.length === 0;
  if (unsaved.size === 0) say('Saved.');
}

function back() {
  const last = taken.pop();
  if (!last) return;
  show(last.item, last.before);
  complain(last.item, '');
  const depth = taken.length;
  save(last.item).then(() => {
    taken.length = Math.min(taken.length, depth);
    undo.hidden = taken.length === 0;
    say('Taken back, and saved.');
  });
  go(last.item);
}

function go(item) {
  if (!item) {
    say('Nothing undecided is left here.');
    return;
  }
  current = item;
  item.querySelector('input[type="radio"]:checked, input[type="radio"]').focus({ preventScroll: true });
  item.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

function undecided(step) {
  const all = items();
  const from = current ? all.indexOf(current) : step > 0 ? -1 : all.length;
  const order = step > 0 ? [...all.slice(from + 1), ...all.slice(0, Math.max(from, 0))] : all.slice(0, Math.max(from, 0)).reverse();
  return order.find((item) => step < 0 || decision(item) === '');
}

function answer(value) {
  const item = current ?? undecided(1);
  if (!item) return;
  current = item;
  item.querySelector(`.decide input[value="${value}"]`).checked = true;
  if (ask(item) && field(item, 'reason').value === '') {
    field(item, 'reason').focus();
    return;
  }
  save(item);
  go(undecided(1));
}

const keys = {
  k: () => answer('keep'),
  r: () => answer('remove'),
  d: () => (current ?? undecided(1))?.querySelector('[data-pass]')?.click(),
  n: () => go(undecided(1)),
  p: () => go(undecided(-1)),
  u: back,
  '?': () => { help.hidden = false; help.scrollIntoView(); help.querySelector('input').focus(); },
};

const undo = document.querySelector('[data-undo]');
const next = document.querySelector('[data-next]');
const help = document.querySelector('[data-keys]');

if (form && undo) {
  for (const item of items()) {
    saved.set(item, state(item));
    ask(item);
  }
  next.hidden = false;
  help.hidden = false;
  form.addEventListener('change', (event) => {
    const item = fieldset(event.target);
    if (!item) return;
    current = item;
    if (event.target.type === 'radio' && ask(item) && field(item, 'reason').value === '') field(item, 'reason').focus();
    if (decision(item)) save(item);
  });
  form.addEventListener('focusin', (event) => {
    const item = fieldset(event.target);
    if (item) current = item;
  });
  /* Enter in a reason field moves on; it does not send the whole page. */
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target.tagName !== 'INPUT' || event.target.type === 'radio') return;
    event.preventDefault();
    const item = fieldset(event.target);
    if (item && decision(item)) save(item);
    go(undecided(1));
  });
  next.addEventListener('click', () => go(undecided(1)));
  undo.addEventListener('click', back);
  addEventListener('beforeunload', (event) => { if (unsaved.size > 0) event.preventDefault(); });
  addEventListener('online', flush);
  addEventListener('visibilitychange', () => { if (!document.hidden) flush(); });
  form.addEventListener('submit', () => unsaved.clear());

  /* Single keys can be switched off (WCAG 2.1.4), and the browser remembers it. */
  const on = help.querySelector('[data-keys-on]');
  on.checked = localStorage.getItem('keys') !== 'off';
  on.addEventListener('change', () => localStorage.setItem('keys', on.checked ? 'on' : 'off'));
  addEventListener('keydown', (event) => {
    const is_text = event.target.matches?.('textarea, select, input:not([type="radio"], [type="checkbox"])');
    if (!on.checked || is_text || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
