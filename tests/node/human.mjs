// A person with a browser: real Chromium, driven line by line.
//
// Usage: node human.mjs CHROMIUM MODULES. Each input line is a JSON object {"do": …}; each output line is one too.
// {"do":"sign-in","username":…,"password":…}   on a provider's login page, wherever the browser stands
// {"do":"open","url":…}   {"do":"click","role":…,"name":…}   {"do":"fill","label":…,"value":…}
// {"do":"shot","path":…,"width":…,"dark":…}   {"do":"fetch","url":…}   {"do":"cookies"}
import { createRequire } from 'node:module';
import readline from 'node:readline';

const [, , executablePath, modules] = process.argv;
const { chromium } = createRequire(modules + '/')('playwright-core');

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
});
const context = await browser.newContext();
// As long as a busy machine takes.
context.setDefaultTimeout(120_000);
const page = await context.newPage();
let complaints = [];
page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
page.on('dialog', async (dialog) => { complaints.push('dialog: ' + dialog.message()); await dialog.dismiss(); });

const state = async (more = {}) => {
  const out = { url: page.url(), title: await page.title(), text: await page.innerText('body').catch(() => ''), complaints, ...more };
  complaints = [];
  return out;
};

// Waits until the browser stands on a page that stays: one that only leads on is not where a person arrives.
const arrived = async () => {
  await page.locator('meta[http-equiv="refresh"]').waitFor({ state: 'detached' });
  await page.waitForLoadState('load');
  await page.waitForLoadState('networkidle');
};

// Does what leads to another page. A click may return before its own page has gone.
const leaving = async (act) => {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), act()]);
  await arrived();
  return state();
};

const steps = {
  async open({ url }) {
    const response = await page.goto(url, { waitUntil: 'load' });
    await arrived();
    return state({ status: response?.status(), headers: response?.headers() });
  },
  async 'sign-in'({ username, password }) {
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill(password);
    return leaving(() => page.getByRole('button', { name: 'Sign in' }).click());
  },
  async click({ role, name }) {
    return leaving(() => page.getByRole(role, { name, exact: true }).click());
  },
  async fill({ label, value }) {
    await page.getByLabel(label).fill(value);
    return state();
  },
  async wait({ ms }) {
    await page.waitForTimeout(ms);
    return state();
  },
  async shot({ path, width = 1100, dark = false }) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path, fullPage: true });
    return state();
  },
  async fetch({ url, headers = {}, method = 'GET' }) {
    const response = await context.request.fetch(url, { method, headers, maxRedirects: 0, failOnStatusCode: false });
    return { status: response.status(), headers: response.headers(), body: await response.text() };
  },
  async cookies() {
    return { cookies: await context.cookies() };
  },
  async html() {
    return { html: await page.content() };
  },
};

console.log(JSON.stringify({ ready: true, version: browser.version() }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  try {
    console.log(JSON.stringify(await steps[step.do](step)));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error), url: page.url(), text: await page.innerText('body').catch(() => '') }));
  }
}
await browser.close();
