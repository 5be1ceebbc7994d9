// The pages below Serve, as people use them. The server is started by
// scenarios/console_test.go; its model echo costs 2 yuan for a thousand tokens read and 8
// for a thousand written, of which each answer has 7 and 42.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { accessible, key, launch, open, shot, signIn, stories, url } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
const story = stories(() => browser);

const go = async (page, at) => {
  await page.goto(`${url}/console/#${at}`);
  await page.locator('.page h1, .state').first().waitFor();
};

const dialog = (page) => page.getByRole('dialog');

/** Does what a program does with a key. */
async function call(method, path, body, as = key) {
  const r = await fetch(`${url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${as}`, 'Content-Type': 'application/json', 'Accept-Language': 'zh-CN' },
    body: body && JSON.stringify(body),
  });
  return { status: r.status, body: r.status === 204 ? null : await r.json().catch(() => null) };
}

const ask = (as, model = 'echo') => call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] }, as);

/** A key for a program of a department, which is made where there is none. */
async function keyOf(name, department) {
  const there = (await call('GET', '/admin/v1/departments')).body.departments.find((d) => d.name === department);
  const id = there?.id ?? (await call('POST', '/admin/v1/departments', { name: department })).body.id;
  return (await call('POST', '/admin/v1/keys', { name, department: id })).body;
}

const choose = async (page, label, option) => {
  await dialog(page).getByLabel(label).click();
  await page.locator('.ant-select-dropdown:visible').getByText(option, { exact: true }).click();
};

const inEnglish = async (page) => {
  await page.evaluate(() => localStorage.setItem('hearth.language', 'en'));
  await page.reload();
};

const phone = async (page, what) => {
  await page.setViewportSize({ width: 375, height: 740 });
  await page.waitForTimeout(200);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375, `${what} is wider than a telephone`);
  await accessible(page, `${what}, telephone`);
  await shot(page, `${what}-phone`);
  await page.setViewportSize({ width: 1280, height: 800 });
};

const dark = async (page, what) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await accessible(page, `${what}, dark`);
  await shot(page, `${what}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
};

story('what was used is told by department, key and model, in yuan, and as CSV', {}, async (page) => {
  await signIn(page);
  await go(page, '/serve/usage');
  await page.getByText('这段时间没有用量').waitFor();
  await accessible(page, 'no usage');
  await shot(page, 'usage-empty-zh');
  const credit = await keyOf('scoring', '总行/信贷部');
  const desk = await keyOf('helpdesk', '总行/科技部');
  for (let n = 0; n < 3; n++) assert.equal((await ask(credit.key)).status, 200);
  assert.equal((await ask(desk.key)).status, 200);
  assert.equal((await ask(desk.key, 'thinker')).status, 200);
  await page.reload();
  const row = (name) => page.locator('.sheet tr', { hasText: name });
  await row('总行/信贷部').waitFor();
  // 3 × (7 × 2 + 42 × 8) / 1000 yuan
  assert.deepEqual(await row('总行/信贷部').locator('td').allInnerTexts(), ['3', '21', '126', '¥1.05', '75%']);
  assert.match(await page.locator('.figures-grid').innerText(), /¥1.40/);
  await page.locator('.plot canvas').waitFor();
  await accessible(page, 'usage');
  await shot(page, 'usage-zh');
  const by = (name) => page.locator('.ant-segmented').nth(1).getByText(name, { exact: true }).click();
  await by('密钥');
  await row('helpdesk').waitFor();
  await by('模型');
  assert.match(await row('thinker').innerText(), /¥0\.00/);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载 CSV' }).click()]);
  const csv = readFileSync(await saved.path(), 'utf8');
  assert.match(csv, /^\ufeffday,model,/);
  assert.match(csv, /,echo,,4,28,0,168,1\.4\n/);
  await page.locator('.ant-segmented').first().getByText('上月').click();
  await page.getByText('这段时间没有用量').waitFor();
  await page.locator('.ant-segmented').first().getByText('近 90 天').click();
  await page.locator('.plot canvas').waitFor();
  await dark(page, 'usage');
  await phone(page, 'usage');
  await inEnglish(page);
  await page.getByText('Last 7 days').waitFor();
  await row('总行/信贷部').waitFor();
  await accessible(page, 'usage, English');
  await shot(page, 'usage-en');
});

story('a quota is set, warns, stops, is changed, ended and brought back', {}, async (page) => {
  const k = await keyOf('limited', '总行/财务部');
  await signIn(page);
  await go(page, '/serve/quotas');
  await page.getByText('还没有配额').waitFor();
  await accessible(page, 'no quotas');
  await shot(page, 'quotas-empty-zh');
  await page.getByRole('button', { name: '设定配额' }).click();
  await choose(page, '限制谁', '密钥');
  await choose(page, '哪一个', 'limited');
  await choose(page, '限制什么', '请求');
  await choose(page, '多长时间', '每天');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await page.getByText('请填写大于 0 的数').waitFor();
  await dialog(page).getByLabel('最多').fill('2');
  await choose(page, '用到多少时提醒', '50%');
  await accessible(page, 'setting a quota');
  await shot(page, 'quota-set-zh');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  const row = page.locator('.row', { hasText: 'limited' });
  await row.getByText(/已用 0 个请求，共 2 个请求/).waitFor();
  assert.equal((await ask(k.key)).status, 200);
  await page.reload();
  await row.getByText('接近上限').waitFor();
  assert.equal((await ask(k.key)).status, 200);
  const refused = await ask(k.key);
  assert.equal(refused.status, 429);
  assert.match(refused.body.error.message, /每天 2 个请求/);
  await page.reload();
  await row.getByText('已用满').waitFor();
  await row.getByRole('button', { name: '修改' }).click();
  await dialog(page).getByLabel('最多').fill('5');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await row.getByText(/已用 2 个请求，共 5 个请求/).waitFor();
  assert.equal((await ask(k.key)).status, 200);
  await page.getByRole('button', { name: '设定配额' }).click();
  await choose(page, '限制什么', '费用');
  await dialog(page).getByLabel('最多').fill('1500.5');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await page
    .locator('.row', { hasText: '每个部门' })
    .getByText(/最多 ¥1,500.50/)
    .waitFor();
  await accessible(page, 'quotas');
  await shot(page, 'quotas-zh');
  await row.getByRole('button', { name: '解除' }).click();
  await row.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '撤销' }).click();
  await row.waitFor();
  await dark(page, 'quotas');
  await phone(page, 'quotas');
  await inEnglish(page);
  await page.getByText('at most ¥1,500.50').waitFor();
  await shot(page, 'quotas-en');
  // Who only looks on changes nothing.
  const looking = await call('POST', '/admin/v1/keys', { name: 'onlooker', admin: true, rights: ['watch'] });
  const other = await open(browser);
  await signIn(other.page, looking.body.key);
  await go(other.page, '/serve/quotas');
  await other.page.locator('.row').first().waitFor();
  assert.equal(await other.page.locator('.page button').count(), 0);
  assert.deepEqual(other.troubles, []);
  await other.context.close();
});
