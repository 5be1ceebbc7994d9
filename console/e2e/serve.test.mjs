// The pages below Serve, as people use them. The server is started by
// scenarios/console_test.go; its model echo costs 2 yuan for a thousand tokens read and 8
// for a thousand written, of which each answer has 7 and 42.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { accessible, key, launch, open, reads, shot, signIn, stories, url } from './browser.mjs';

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
  await page.waitForTimeout(700); // colours change slowly
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
  await reads(page.locator('.figures-grid'), /¥1.40/);
  await page.locator('.plot canvas').waitFor();
  await accessible(page, 'usage');
  await shot(page, 'usage-zh');
  const by = (name) => page.locator('.ant-segmented').nth(1).getByText(name, { exact: true }).click();
  await by('密钥');
  await row('helpdesk').waitFor();
  await by('模型');
  await reads(row('thinker'), /¥0\.00/);
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

/** Asks the model that counts for half a minute, so many times at once, until it is told to stop. */
function busy(as, times, stop) {
  for (let n = 0; n < times; n++)
    void fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      signal: stop.signal,
      headers: { Authorization: `Bearer ${as}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ model: 'slow', stream: true, messages: [{ role: 'user', content: `${n}` }] }),
    })
      .then((r) => r.text())
      .catch(() => {});
}

story('the queue is seen as it fills and empties: who waits, why, and who takes how much', {}, async (page, troubles) => {
  const one = await keyOf('crawler', '总行/信贷部');
  const other = await keyOf('assistant', '总行/科技部');
  await signIn(page);
  await go(page, '/serve/queue');
  await page.getByText('没有人在排队').waitFor();
  await page.getByText('实时', { exact: true }).waitFor();
  await accessible(page, 'nobody waits');
  await shot(page, 'queue-page-empty-zh');
  const stop = new AbortController();
  busy(one.key, 11, stop);
  await page.locator('.sheet').first().getByText('crawler').waitFor();
  busy(other.key, 2, stop);
  const fair = (name) => page.locator('.sheet').first().locator('tr', { hasText: name });
  await fair('assistant').waitFor();
  await page.getByText('8 个并发都在用').first().waitFor();
  assert.deepEqual((await fair('crawler').locator('.number').allInnerTexts()).map(Number), [8, 3]);
  assert.deepEqual((await fair('assistant').locator('.number').allInnerTexts()).map(Number), [0, 2]);
  // Who has had less comes first, though it came last.
  const places = page.locator('.sheet').nth(1).locator('tbody tr', { hasNotText: '回答中' });
  await reads(places.first(), /^1\s+assistant/);
  await accessible(page, 'the queue');
  await shot(page, 'queue-page-zh');
  await dark(page, 'queue-page');
  await phone(page, 'queue-page');
  await inEnglish(page);
  await page.getByText('all 8 places are in use').first().waitFor();
  await accessible(page, 'the queue, English');
  await shot(page, 'queue-page-en');
  stop.abort();
  await page.getByText('Nobody waits').waitFor(); // without being asked to
  await page.context().setOffline(true);
  await page.evaluate(() => (location.hash = '#/serve/models'));
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  await page.evaluate(() => (location.hash = '#/serve/queue'));
  await page.locator('.state').getByText('The appliance can’t be reached').waitFor();
  await page.context().setOffline(false);
  await page.getByText('Nobody waits').waitFor(); // it comes back by itself
  assert.equal(
    troubles.splice(0).every((x) => /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/.test(x)),
    true,
  );
});

story('batches and background answers of everybody are listed and withdrawn', {}, async (page) => {
  const k = await keyOf('nightly', '总行/信贷部');
  await signIn(page);
  await go(page, '/serve/jobs');
  await page.getByText('没有批处理').waitFor();
  await shot(page, 'jobs-empty-zh');
  const line = (n) =>
    JSON.stringify({
      custom_id: `${n}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'slow', messages: [{ role: 'user', content: 'a secret question' }] },
    });
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([[1, 2, 3].map(line).join('\n')]), 'in.jsonl');
  const file = await (await fetch(`${url}/v1/files`, { method: 'POST', headers: { Authorization: `Bearer ${k.key}` }, body: form })).json();
  const batch = await call(
    'POST',
    '/v1/batches',
    { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
    k.key,
  );
  assert.equal(batch.status, 200);
  const later = await call('POST', '/v1/responses', { model: 'slow', input: 'a secret question', background: true }, k.key);
  assert.equal(later.status, 200);
  await page.reload();
  const row = page.locator('.row', { hasText: batch.body.id });
  await row.getByText('进行中').waitFor();
  await reads(row, /nightly/);
  await reads(row, /已答 0 \/ 3/);
  assert.doesNotMatch(await page.locator('body').innerText(), /secret/);
  await accessible(page, 'batches');
  await shot(page, 'jobs-zh');
  await phone(page, 'jobs');
  await row.getByRole('button', { name: '撤回' }).click();
  const end = dialog(page).getByRole('button', { name: /撤\s*回/ });
  assert.equal(await end.isDisabled(), true);
  await dialog(page).locator('input').fill(batch.body.id.slice(-6));
  await shot(page, 'batch-end-zh');
  await end.click();
  await row.getByText('已撤回').waitFor();
  await page.getByRole('tab', { name: '票据与后台回答' }).click();
  const ticket = page.locator('.row', { hasText: '后台回答' });
  await ticket.waitFor();
  await accessible(page, 'tickets');
  await shot(page, 'tickets-zh');
  const id = await ticket.locator('code').innerText();
  await ticket.getByRole('button', { name: '撤回' }).click();
  await dialog(page).locator('input').fill(id.slice(-6));
  await dialog(page)
    .getByRole('button', { name: /撤\s*回/ })
    .click();
  await page.getByText('没有票据').waitFor();
});

story('upstreams are seen as they are, drained, asked again and probed', {}, async (page, troubles) => {
  await signIn(page);
  await go(page, '/serve/engines');
  const card = (name) => page.locator('.card', { has: page.locator('.ant-card-head-title', { hasText: name }) });
  await card('gpu').getByText('正常', { exact: true }).waitFor();
  await card('lost').getByRole('button', { name: '试一个词元' }).click();
  await page.locator('.ant-message-error').waitFor();
  assert.equal(
    troubles.splice(0).every((x) => x.includes('503')),
    true,
  );
  await card('lost').getByText('故障', { exact: true }).waitFor();
  await card('lost').locator('.ant-alert').waitFor(); // why, and what to do
  await page.locator('.ant-btn-loading').waitFor({ state: 'detached' });
  await page.waitForTimeout(300);
  await accessible(page, 'upstreams');
  await shot(page, 'engines-zh');
  await card('gpu').getByRole('button', { name: '停用' }).click();
  await card('gpu').getByText('已停用', { exact: true }).waitFor();
  await card('gpu').getByText('不分配新的请求').waitFor();
  await shot(page, 'engines-drained-zh');
  await page.locator('.ant-btn-loading').waitFor({ state: 'detached' });
  await card('gpu').getByRole('button', { name: '恢复' }).click();
  await card('gpu').getByText('正常', { exact: true }).waitFor();
  await card('gpu').getByRole('button', { name: '试一个词元' }).click();
  await page.getByText('gpu 生成了一个词元').waitFor();
  await dark(page, 'engines');
  await phone(page, 'engines');
  await inEnglish(page);
  await card('lost').getByText('down', { exact: true }).waitFor();
  await shot(page, 'engines-en');
});

story('a model of the library is fetched, and what comes of it is seen', {}, async (page) => {
  await signIn(page);
  await go(page, '/serve/models');
  await page.locator('.card').first().waitFor();
  const begun = await call('POST', '/admin/v1/models/pull', { model: process.env.HEARTH_VARIANT, name: 'pulled' });
  assert.equal(begun.status, 202);
  const job = page.locator('.row', { hasText: 'pulled' });
  await job.getByText('已完成').waitFor(); // without being asked for
  const card = page.locator('.card', { has: page.locator('.ant-card-head-title', { hasText: 'pulled' }) });
  await card.getByRole('button', { name: /加\s*载/ }).click();
  await card.getByText('已加载').waitFor();
  await card.locator('.ant-btn-loading').waitFor({ state: 'detached' });
  await card.getByRole('button', { name: /卸\s*载/ }).click();
  await card.getByText('已加载').waitFor({ state: 'detached' });
  await accessible(page, 'models, one was fetched');
  await shot(page, 'models-pulled-zh');
  // By hand, of a mirror that has something else than what was published.
  await page.getByRole('tab').nth(1).click();
  await page
    .getByRole('button', { name: /^下载 / })
    .first()
    .click();
  await page
    .locator('.row', { hasNotText: 'pulled' })
    .getByText(/已完成|未成功/)
    .waitFor();
  await accessible(page, 'the library, something was fetched');
  await shot(page, 'library-pulled-zh');
});

story('a model is measured, and what it comes to is shown', {}, async (page) => {
  await signIn(page);
  await go(page, '/serve/bench');
  await page.getByText('还没有测量过').waitFor();
  await accessible(page, 'nothing was measured');
  await shot(page, 'bench-empty-zh');
  await page.locator('.order .ant-select').first().click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option-content').getByText('echo', { exact: true }).click();
  await page.getByRole('button', { name: '开始测量' }).click();
  await page.locator('.serves').waitFor();
  await reads(page.locator('.serves'), /本机用 echo 约可供 [\d,]+ 人使用，每秒 [\d,.]+ 词元（实测）/);
  await page.locator('.plots canvas').nth(1).waitFor(); // drawn by what comes later
  assert.equal(await page.locator('.plots canvas').count(), 2);
  assert.deepEqual(await page.locator('.sheet tbody td:first-child').allInnerTexts(), ['1', '2', '4']);
  await accessible(page, 'a measurement');
  await shot(page, 'bench-zh');
  await dark(page, 'bench');
  await phone(page, 'bench');
  await page.locator('.order .ant-select').first().click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option-content').getByText('slow', { exact: true }).click();
  await page.getByRole('button', { name: '开始测量' }).click();
  await page.getByText('正在测量 slow').waitFor();
  await shot(page, 'bench-running-zh');
  const second = await call('POST', '/admin/v1/measurements', { model: 'echo' });
  assert.deepEqual([second.status, second.body.error.code], [409, 'measuring_running']);
  await page.getByRole('button', { name: /停\s*止/ }).click();
  await page.getByText('已停止').waitFor();
  await go(page, '/serve');
  await page.locator('.measured .serves').waitFor();
  await accessible(page, 'the state, measured');
  await shot(page, 'overview-measured-zh');
  await inEnglish(page);
  await page.getByText(/This machine serves about/).waitFor();
  await shot(page, 'overview-measured-en');
});

story('the six steps are gone through, left and gone on with, and end with what was measured', {}, async (page, troubles) => {
  await signIn(page);
  await page.locator('.side').getByText('设置', { exact: true }).click();
  const title = (text) => page.locator('.ant-card-head-title', { hasText: text }).waitFor();
  const next = () => page.getByRole('button', { name: '下一步' }).click();
  await title('这台机器，以及多少人用');
  await accessible(page, 'plan');
  await page.getByLabel('大约多少人使用？').fill('40');
  await shot(page, 'guide-plan-zh');
  await next();
  await title('数据在哪里，会不会离开');
  await page.getByText(/会发给上游 gpu/).waitFor();
  await accessible(page, 'data');
  await shot(page, 'guide-data-zh');
  await next();
  await title('由哪个模型回答');
  assert.equal(await page.getByRole('button', { name: '下一步' }).isDisabled(), true);
  await page.getByRole('radio', { name: /^echo/ }).check();
  await page.locator('.guide-foot .ant-btn-primary:not([disabled])').waitFor();
  await accessible(page, 'model');
  await shot(page, 'guide-model-zh');
  await phone(page, 'guide-model');
  await next();
  await title('装入内存，让别人找到');
  await accessible(page, 'deploy');
  await shot(page, 'guide-deploy-zh');
  // Left here, and gone on with in another browser.
  const other = await open(browser);
  await signIn(other.page);
  await go(other.page, '/settings/setup');
  await other.page.locator('.ant-card-head-title', { hasText: '装入内存' }).waitFor();
  await other.page.getByRole('button', { name: '下一步' }).click();
  await other.page.locator('.ant-card-head-title', { hasText: '问一问' }).waitFor();
  await other.context.close();
  // Who does not know is told, and overwrites nothing.
  await page.getByRole('button', { name: '上一步' }).click();
  await page.locator('.ant-modal-title', { hasText: '已被其他人修改' }).waitFor();
  assert.equal(
    troubles.splice(0).every((x) => x.includes('412')),
    true,
  );
  await accessible(page, 'a conflict');
  await shot(page, 'conflict-zh');
  await page.getByRole('button', { name: '查看最新内容' }).click();
  await title('问一问，量一量');
  await page.getByRole('button', { name: /开始测量|再测一次/ }).click();
  await page.locator('.serves').waitFor();
  await page.locator('.measuring').waitFor({ state: 'detached' });
  await accessible(page, 'verify');
  await shot(page, 'guide-verify-zh');
  await dark(page, 'guide-verify');
  await next();
  await title('交给谁管，怎样看护');
  await accessible(page, 'operate');
  await shot(page, 'guide-operate-zh');
  await page.getByRole('button', { name: /完\s*成/ }).click();
  await page.locator('.measured .serves').waitFor();
  await reads(page.locator('.measured .serves'), /^本机用 echo 约可供/);
  assert.equal(await page.getByText('设置还没有做完').count(), 0);
  await shot(page, 'guide-done-zh');
  await page.reload();
  await go(page, '/settings/setup');
  await title('交给谁管，怎样看护');
  await inEnglish(page);
  await title('Who looks after it, and how');
  await shot(page, 'guide-operate-en');
});

story('of two administrators who edit the same, neither overwrites the other unseen', {}, async (page, troubles) => {
  const k = await keyOf('shared', '总行/信贷部');
  await signIn(page);
  await go(page, '/protect/keys');
  const row = page.locator('.row', { hasText: 'shared' });
  await row.getByRole('button', { name: '范围 shared' }).click();
  await dialog(page).locator('.ant-select input').fill('mine*,');
  // Meanwhile the other one is done.
  assert.equal((await call('PUT', `/admin/v1/keys/${k.id}/limits`, { rights: ['ask'], models: ['theirs*'] })).status, 204);
  const save = () =>
    dialog(page)
      .getByRole('button', { name: /保\s*存/ })
      .click();
  await save();
  await page.locator('.ant-modal-title', { hasText: '已被其他人修改' }).waitFor();
  await shot(page, 'conflict-key-zh');
  await page.getByRole('button', { name: '查看最新内容' }).click();
  await row.getByText('可用模型 theirs*').waitFor();
  await row.getByRole('button', { name: '范围 shared' }).click();
  await dialog(page).locator('.ant-select input').fill('mine*,');
  assert.equal((await call('PUT', `/admin/v1/keys/${k.id}/limits`, { rights: ['ask'], models: ['other*'] })).status, 204);
  await save();
  await page.locator('.ant-modal-title', { hasText: '已被其他人修改' }).waitFor();
  await page.getByRole('button', { name: '仍用我的' }).click();
  await row.getByText(/mine\*/).waitFor();
  assert.equal(
    troubles.splice(0).every((x) => x.includes('412')),
    true,
  );
});

const places = [
  '/serve',
  '/serve/queue',
  '/serve/models',
  '/serve/engines',
  '/serve/bench',
  '/serve/jobs',
  '/serve/usage',
  '/serve/quotas',
  '/settings/setup',
];

story('every page is in English where that is chosen, and closed to whoever may only ask', {}, async (page) => {
  await signIn(page);
  await inEnglish(page);
  for (const at of places) {
    await go(page, at);
    await page.locator('.page .card, .page .rows, .page .state, .page .sheet').first().waitFor();
    const text = (await page.locator('body').innerText()).replaceAll('炉心', '').replace(/总行\/\S+/g, '');
    assert.doesNotMatch(text, /[\u4e00-\u9fff]/, at);
    await accessible(page, `${at}, English`);
  }
  const other = await open(browser);
  await signIn(other.page, (await call('POST', '/admin/v1/keys', { name: 'asks' })).body.key);
  for (const at of places) {
    await go(other.page, at);
    await other.page.getByText('您无权查看此处').waitFor();
  }
  assert.deepEqual(other.troubles, []); // nothing was even asked for
  await shot(other.page, 'setup-forbidden-zh');
  await other.context.close();
});
