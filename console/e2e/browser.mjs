// A browser for the tests: the distribution's Chromium, with nothing of its own on the network.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const url = process.env.HEARTH_URL;
export const key = process.env.HEARTH_KEY;
const shots = process.env.HEARTH_SHOTS;

const launch = () =>
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

let launched;
before(async () => {
  launched = await launch();
});
after(() => launched?.close());

/** The one of this file of stories. */
export const browser = () => launched;

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
