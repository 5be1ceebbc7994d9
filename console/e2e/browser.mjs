// A browser for the tests: the distribution's Chromium, with nothing of its own on the network.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

export const url = process.env.HEARTH_URL;
export const key = process.env.HEARTH_KEY;
const shots = process.env.HEARTH_SHOTS;

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });

/** A page of a fresh profile. What it logs as an error, and whom it asks, is kept. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', colorScheme: 'light', ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const troubles = [];
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') troubles.push(`${m.type()}: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => troubles.push(`exception: ${e.stack ?? e}`));
  page.on('request', (r) => {
    if (![url, process.env.HEARTH_PROXIED].some((u) => u && r.url().startsWith(u)) && !/^(data|blob):/.test(r.url()))
      troubles.push(`asked elsewhere: ${r.url()}`);
  });
  return { context, page, troubles };
}

export async function signIn(page, k = key) {
  await page.goto(`${url}/`);
  await page.locator('input[type=password]').fill(k);
  await page.locator('button[type=submit]').click();
  await page.locator('.shell').waitFor();
}

export async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.waitForTimeout(350); // for what moves to come to rest
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** What a place says comes to match, though not at once. */
export async function reads(locator, pattern) {
  const until = Date.now() + 10_000;
  let text = await locator.innerText();
  while (!pattern.test(text) && Date.now() < until) {
    await locator.page().waitForTimeout(100);
    text = await locator.innerText();
  }
  assert.match(text, pattern);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe-core finds nothing serious. It runs outside of the page's policy, as an extension would. */
export async function accessible(page, what) {
  // A button that is at work is pale, as one that can't be pressed.
  await page.waitForFunction(() => !document.querySelector('.ant-btn-loading'), null, { timeout: 5000 }).catch(() => {});
  await page.waitForTimeout(400); // until what changes colour has begun to, and then to its end
  await page.evaluate(async () => {
    const under = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(under.map((a) => a.finished.catch(() => {})));
  });
  const found = await page.evaluate(`(async () => { ${axe}; return (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140) + ' ' + (n.any[0]?.message ?? '')).join(' | ')); })()`);
  assert.deepEqual(found, [], what);
}

/** Runs stories with a page of their own each, which must log no error and ask nobody else. */
export const stories = (browser) => (name, options, tell) =>
  test(name, { timeout: 90_000 }, async () => {
    const { context, page, troubles } = await open(browser(), options);
    try {
      await tell(page, troubles);
      assert.deepEqual(troubles, []);
    } catch (e) {
      await shot(page, `failed-${name.replace(/\W+/g, '-')}`);
      throw e;
    } finally {
      await context.close();
    }
  });
