// How stories are told, and what all of them do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { browser, open, shot, url } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs a story with a page of its own, which must log no error and ask nobody else. */
export function story(name, options, tell) {
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
}

/** axe-core finds nothing serious. It runs outside of the page's policy, as an extension would. */
export async function accessible(page, what) {
  await page.waitForTimeout(400); // colours on their way are none
  const found = await page.evaluate(`(async () => { ${axe}; return (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140) + ' ' + (n.any[0]?.message ?? '')).join(' | ')); })()`);
  assert.deepEqual(found, [], what);
}

export const choose = async (page, model) => {
  await page.locator('.picker').click();
  await page.locator('.picker-menu').getByText(model, { exact: true }).click();
};

export const say = async (page, text) => {
  await page.locator('.composer textarea').fill(text);
  await page.keyboard.press('Enter');
};

export const answered = (page) => page.locator('.turn-answer').last().locator('.acts').waitFor();
export const go = async (page, at) => {
  await page.goto(`${url}/console/#${at}`);
  await page.locator('.page h1, .chat, .state').first().waitFor();
};
