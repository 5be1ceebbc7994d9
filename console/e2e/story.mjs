// What stories are told with, and what all of them do.
import { createHmac } from 'node:crypto';
import { after, before } from 'node:test';
import { accessible, launch, stories, url } from './browser.mjs';

let launched;
before(async () => {
  launched = await launch();
});
after(() => launched?.close());

/** The one of this file of stories. */
export const browser = () => launched;
export const story = stories(browser);
export { accessible };

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

/** What an authenticator shows for a secret. */
export function code(secret) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const sum = createHmac('sha1', bytes).update(step).digest();
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
