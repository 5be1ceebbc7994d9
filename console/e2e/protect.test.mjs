// What guards: the audit record, and the rules of what may pass.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { key, open, reads, shot, signIn, url } from './browser.mjs';
import { accessible, answered, browser, choose, code, go, say, story } from './story.mjs';

const data = process.env.HEARTH_DATA;
const dialog = (page) => page.getByRole('dialog').last();

const save = (page) =>
  dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();

const password = 'Correct-Horse-7';

/** Somebody with a duty, signed in with both factors. */
async function administrator(name, login, standing) {
  const added = await fetch(`${url}/admin/v1/people`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, login, standing }),
  });
  const { invitation } = await added.json();
  const there = await open(browser());
  await there.page.goto(`${url}/console/#/invitation/${invitation}`);
  for (const which of ['first', 'last']) await there.page.locator('input[type=password]')[which]().fill(password);
  await there.page.locator('button[type=submit]').click();
  await there.page.getByRole('button', { name: /开\s*始/ }).click();
  await there.page.locator('input[autocomplete=one-time-code]').fill(code(await there.page.locator('pre').innerText()));
  await there.page.locator('button[type=submit]').click();
  await there.page.getByText('双因素认证已绑定').waitFor();
  const recovery = (await there.page.locator('pre').innerText()).split('\n');
  await there.page.getByRole('button', { name: '我已保存' }).click();
  await there.page.locator('.shell').waitFor();
  return { ...there, recovery };
}

story('what was done is found in the record, which is verified while one waits', {}, async (page) => {
  await signIn(page);
  await choose(page, 'echo');
  await say(page, '今天星期几');
  await answered(page);
  await go(page, '/protect/audit');
  await page.locator('.audit-row').first().waitFor();
  await accessible(page, 'the audit record');
  await shot(page, 'audit-zh');
  await page.getByRole('button', { name: '立即校验' }).click();
  await page.locator('.verified-whole').getByText('记录完整').waitFor();
  await accessible(page, 'a record that is whole');
  await shot(page, 'audit-whole-zh');

  await page.getByLabel('搜索人员').fill('ECHO');
  await page.locator('.audit-row').filter({ hasText: '对话' }).first().click();
  await page.locator('.record').waitFor();
  await reads(page.locator('.record'), /echo/);
  await accessible(page, 'one record');
  await shot(page, 'audit-record-zh');
  await dialog(page).getByRole('button', { name: '此请求的全部记录' }).click();
  await page.locator('.record').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.querySelectorAll('.audit-row').length === 2); // begun and ended
  await page.locator('.audit-row').first().click();
  await dialog(page).getByRole('button', { name: '查看内容' }).click();
  await page.locator('.record-content').getByText('今天星期几').waitFor();
  await shot(page, 'audit-content-zh');
  await page.keyboard.press('Escape');
  await page.locator('.record').waitFor({ state: 'detached' });

  await page.getByLabel('搜索人员').fill('zzzzzz');
  await page.getByText('没有相符的记录').waitFor();
  await shot(page, 'audit-none-zh');
  await page.getByLabel('搜索人员').fill('read-content');
  await page.locator('.audit-row').getByText('查看内容').first().waitFor(); // that one looked is there too
  await page.getByText('只看未成功').click();
  await page.getByText('没有相符的记录').waitFor();
  await page.getByText('只看未成功').click();
  await page.locator('.audit-checkpoints td').first().waitFor();
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出' }).click()]);
  assert.equal(saved.suggestedFilename(), 'hearth-audit.zip');
  assert.equal(
    readFileSync(await saved.path())
      .subarray(0, 2)
      .toString(),
    'PK',
  );
});

story('rules are tried, and a list of words is in use at once', {}, async (page, troubles) => {
  await signIn(page);
  await go(page, '/protect/rules');
  await page.getByText('还没有词库').waitFor();
  await accessible(page, 'rules without words');
  await shot(page, 'rules-empty-zh');
  await page.getByRole('button', { name: '添加词库' }).click();
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await dialog(page).getByText('请填写词语').waitFor();
  await page.locator('input[type=file]').setInputFiles({
    name: '违禁词.txt',
    mimeType: 'text/plain',
    buffer: Buffer.concat([
      Buffer.from([0xb6, 0xc4, 0xb2, 0xa9]),
      Buffer.from('\tgambling\tstop\n'),
      Buffer.from([0xb7, 0xa2, 0xc6, 0xb1]),
      Buffer.from('\n'),
    ]),
  });
  await page.waitForFunction(() => document.querySelector('[role=dialog] textarea')?.value); // once the file is read
  assert.match(await dialog(page).locator('textarea').inputValue(), /^赌博\tgambling\tstop\n发票/); // GB18030
  await accessible(page, 'a list of words');
  await shot(page, 'rules-list-zh');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await page.getByText('词库“违禁词.txt”已启用，共 2 个词').waitFor();
  await page.locator('.row').getByText('违禁词.txt').waitFor();

  await page.getByLabel('待检查的文字').fill('代开发*票，电话 13800138000');
  await page.getByRole('button', { name: '检查' }).click();
  await page.getByText('发现 2 处').waitFor();
  await reads(page.locator('.tried table'), /发\*票[\s\S]*字面[\s\S]*13800138000[\s\S]*电话号码[\s\S]*个人信息/);
  assert.doesNotMatch(await page.locator('.passed').innerText(), /13800138000/);
  await accessible(page, 'rules tried');
  await shot(page, 'rules-tried-zh');
  await page.getByLabel('待检查的文字').fill('去 du bo');
  await page.getByRole('button', { name: '检查' }).click();
  await page.getByText('请求会被拒绝').waitFor();
  await page.getByLabel('待检查的文字').fill('你好');
  await page.getByRole('button', { name: '检查' }).click();
  await page.getByText('没有发现，原样通过').waitFor();

  await go(page, '/chat');
  await choose(page, 'echo');
  await say(page, '哪里可以赌博');
  await page.locator('.turn-answer .ant-alert-error').waitFor();
  await shot(page, 'rules-refused-zh');
  assert.equal(
    troubles.splice(0).every((t) => t.includes('403')),
    true,
  ); // the browser's own note of it
  await go(page, '/protect/rules');
  await page.getByRole('button', { name: '删除 违禁词.txt' }).click();
  const end = dialog(page).getByRole('button', { name: /删\s*除/ });
  assert.equal(await end.isDisabled(), true);
  await dialog(page).locator('input').fill('违禁词.txt');
  await end.click();
  await page.getByText('还没有词库').waitFor();
});

story('who may not see the record or the rules does not', {}, async (page) => {
  await signIn(page);
  const made = await page.evaluate(async () => {
    const r = await fetch('../admin/v1/keys', {
      method: 'POST',
      headers: { 'X-Hearth-Console': '1', 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'user', models: [], ttl_seconds: 0 }),
    });
    return (await r.json()).key;
  });
  const other = await open(browser());
  await signIn(other.page, made);
  for (const at of ['/protect/audit', '/protect/rules']) {
    await go(other.page, at);
    await other.page.getByText('您无权查看此处').waitFor();
  }
  await shot(other.page, 'audit-forbidden-zh');
  for (const [method, path] of [
    ['GET', 'audit'],
    ['POST', 'audit/verify'],
    ['GET', 'audit/export.zip'],
    ['GET', 'audit/1/content'],
    ['GET', 'guard'],
    ['DELETE', 'guard/lists/a.txt'],
  ]) {
    const r = await fetch(`${url}/admin/v1/${path}`, { method, headers: { Authorization: `Bearer ${made}` } });
    assert.equal(r.status, 403, path);
  }
  assert.deepEqual(other.troubles, []);
  await other.context.close();
});

story('the record and the rules are readable in English, in the dark', { colorScheme: 'dark' }, async (page) => {
  mkdirSync(join(data, 'guard'), { recursive: true });
  writeFileSync(join(data, 'guard', 'bad.json'), '{');
  writeFileSync(join(data, 'guard', 'ads.csv'), 'word,class,action\nbuy now,advertising,label\ncheap loan,finance,replace\n');
  await signIn(page);
  await page.locator('.who').click();
  await page.locator('.ant-segmented').getByText('English').click();
  await page.keyboard.press('Escape');
  await go(page, '/protect/audit');
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.locator('.verified-whole').waitFor();
  await accessible(page, 'the audit record, dark');
  await shot(page, 'audit-dark-en');
  await go(page, '/protect/rules');
  await page.getByText('can’t be used').waitFor();
  await page.getByLabel('Text to check').fill('mail li@example.com, ID 11010519491231002X');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('2 found').waitFor();
  await accessible(page, 'the rules, dark');
  await shot(page, 'rules-dark-en');
  await page.locator('.page').evaluate((el) => el.scrollTo(0, el.scrollHeight));
  await shot(page, 'rules-end-dark-en');
});

story(
  'the record and the rules fit a telephone',
  { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true },
  async (page) => {
    const fits = async (what) =>
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375, `${what} is wider than the screen`);
    await signIn(page);
    await go(page, '/protect/audit');
    await page.locator('.audit-row').first().waitFor();
    await fits('the audit record');
    await shot(page, 'audit-phone');
    await page.locator('.audit-row').first().click();
    await page.locator('.record').waitFor();
    await fits('one record');
    await shot(page, 'audit-record-phone');
    await page.keyboard.press('Escape');
    await go(page, '/protect/rules');
    await page.locator('.try').waitFor();
    await fits('the rules');
    await shot(page, 'rules-phone');
  },
);

story('tenants are added, held to models, renamed, disabled and removed', {}, async (page) => {
  await signIn(page);
  await go(page, '/protect/tenants');
  await page.locator('.row').first().waitFor();
  await page.getByRole('button', { name: '添加租户' }).click();
  await dialog(page).locator('input').fill('东部');
  await accessible(page, 'adding a tenant');
  await save(page);
  const row = page.locator('.row', { hasText: '东部' });
  await row.waitFor();
  await page.getByRole('button', { name: '可用模型 东部' }).click();
  await dialog(page).locator('.ant-select input').fill('ech*,');
  await save(page);
  await row.getByText('可用模型 ech*').waitFor();
  await page.getByRole('button', { name: '改名 东部' }).click();
  await dialog(page).locator('input').fill('华东');
  await save(page);
  await page.getByRole('button', { name: '停用 华东' }).click();
  await dialog(page).locator('input').fill('华东');
  await dialog(page)
    .getByRole('button', { name: /停\s*用/ })
    .click();
  await page.locator('.row', { hasText: '华东' }).getByText('已停用').waitFor();
  await accessible(page, 'tenants');
  await shot(page, 'tenants-zh');
  await page.getByRole('button', { name: '删除 华东' }).click();
  await dialog(page).locator('input').fill('华东');
  await dialog(page)
    .getByRole('button', { name: /删\s*除/ })
    .click();
  await page.locator('.row', { hasText: '华东' }).waitFor({ state: 'detached' });
});

story('two administrators allow an emergency together, and one adds a passkey', {}, async (page) => {
  await signIn(page);
  await go(page, '/protect/duties');
  await page.getByText('初始设置尚未结束').waitFor();
  assert.equal(await page.getByRole('button', { name: '结束初始设置' }).isDisabled(), true);
  await accessible(page, 'duties');
  const system = await administrator('陈系统', 'chen', 'system');
  const security = await administrator('褚安全', 'chu', 'security');
  await go(system.page, '/protect/duties');
  await system.page.getByRole('button', { name: '申请应急权限' }).click();
  await dialog(system.page).locator('textarea').fill('磁盘已满，需要清理');
  await accessible(system.page, 'asking for an emergency');
  await shot(system.page, 'emergency-ask-zh');
  await dialog(system.page).getByRole('button', { name: '申请应急权限' }).click();
  await system.page.locator('.row').getByText('待批准').waitFor();
  assert.equal(await system.page.getByRole('button', { name: /批\s*准/ }).count(), 0);
  await go(security.page, '/protect/duties');
  await security.page.getByRole('button', { name: /批\s*准/ }).click();
  await security.page
    .locator('.row')
    .getByText(/有效至/)
    .waitFor();
  await accessible(security.page, 'an emergency');
  await shot(security.page, 'duties-zh');
  await security.page
    .locator('.row')
    .getByRole('button', { name: /结\s*束/ })
    .click();
  await security.page.locator('.row').getByText('已结束').waitFor();
  assert.deepEqual([...system.troubles, ...security.troubles], []);

  // A passkey, in a browser that knows this place by a name.
  const chen = security.page;
  const devices = await security.context.newCDPSession(chen);
  await devices.send('WebAuthn.enable');
  await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const named = url.replace('127.0.0.1', 'localhost');
  await chen.goto(`${named}/console/`);
  await chen.getByText('账号', { exact: true }).click();
  await chen.getByLabel('登录名').fill('chu');
  await chen.getByLabel('密码').fill(password);
  await chen.locator('button[type=submit]').click();
  await chen.getByLabel('验证码').fill(security.recovery[0]);
  await chen.locator('button[type=submit]').click();
  await chen.locator('.who').click();
  await chen.getByText('我的账号').click();
  await chen.getByText('还没有通行密钥').waitFor();
  await chen.getByRole('button', { name: '添加通行密钥' }).click();
  await dialog(chen).getByLabel('名称').fill('我的手机');
  await dialog(chen).getByLabel('验证码').fill(security.recovery[1]);
  await accessible(chen, 'adding a passkey');
  await shot(chen, 'passkey-add-zh');
  await dialog(chen)
    .getByRole('button', { name: /继\s*续/ })
    .click();
  await chen.locator('.row').getByText('我的手机').waitFor();
  await accessible(chen, 'passkeys');
  await shot(chen, 'account-zh');
  await chen.locator('.who').click();
  await chen.getByRole('button', { name: '退出登录' }).click();
  await chen.getByRole('button', { name: '使用通行密钥登录' }).click();
  await chen.locator('.shell').waitFor();
  assert.equal(
    security.troubles.splice(0).every((t) => t.includes('asked elsewhere: http://localhost') || t.includes('401')),
    true,
  );
  await system.context.close();
  await security.context.close();
});

story('a record that was changed is told, and where', {}, async (page) => {
  await signIn(page);
  await go(page, '/protect/audit');
  await page.locator('.audit-checkpoints td').first().waitFor();
  const segment = readdirSync(join(data, 'audit')).find((f) => /^0+\.jsonl$/.test(f));
  const text = readFileSync(join(data, 'audit', segment), 'utf8');
  writeFileSync(join(data, 'audit', segment), text.replace('"act":"sign-in"', '"act":"sign-on"'));
  await page.getByRole('button', { name: '立即校验' }).click();
  await page
    .locator('.verified-broken')
    .getByText(/记录不完整/)
    .waitFor();
  await page.locator('.findings').getByText('被改动').first().waitFor();
  await accessible(page, 'a record that is not whole');
  await shot(page, 'audit-broken-zh');
  writeFileSync(join(data, 'audit', segment), text);
});
