// The console as people use it, in a real browser, against the real binary. The server is
// started by scenarios/console_test.go, which also stands behind it as an engine with a
// few models: what each says is written there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { key, open, reads, shot, signIn, url } from './browser.mjs';
import { accessible, answered, browser, choose, code, go, say, story } from './story.mjs';

let userKey;

story('a wrong key is told, a right one lets in, and signing out ends it', {}, async (page, troubles) => {
  await page.goto(`${url}/`);
  assert.equal(page.url(), `${url}/console/`);
  await page.locator('input[type=password]').fill(`${key.slice(0, -1)}_`);
  await page.locator('button[type=submit]').click();
  await page.getByRole('alert').waitFor();
  assert.equal(
    troubles.splice(0).every((t) => t.includes('401')),
    true,
  ); // the browser's own note of it
  await accessible(page, 'sign-in with an error');
  await shot(page, 'signin-error-zh');
  await signIn(page);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.equal(kept.includes('hk_') || kept.includes('hs_'), false, 'a secret within reach of scripts');
  await page.locator('.welcome').waitFor();
  await accessible(page, 'the first page');
  await shot(page, 'welcome-zh');
  await page.reload();
  await page.locator('.welcome').waitFor();
  await page.locator('.who').click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.locator('input[type=password]').waitFor();
  assert.equal((await page.context().cookies()).length, 0);
});

story('the starter model answers from the manual', {}, async (page) => {
  await signIn(page);
  await choose(page, 'hearth-starter');
  await page.locator('.ideas button').first().click();
  await answered(page);
  await reads(page.locator('.turn-answer .markdown'), /hearth model import|导入/);
  await reads(page.locator('.figures'), /词元/);
  await shot(page, 'starter-zh');
});

story('an answer shows its thinking, tables, code and formulas', {}, async (page) => {
  await signIn(page);
  await choose(page, 'thinker');
  await say(page, '展示排版');
  await answered(page);
  const answer = page.locator('.turn-answer').last();
  await reads(answer.locator('.reasoning'), /已思考/);
  assert.equal(await answer.getByText('先想一想').count(), 0); // folded
  await answer
    .locator('.reasoning')
    .getByText(/已思考/)
    .click();
  await answer.getByText('先想一想').waitFor();
  assert.equal(await answer.locator('table td').count(), 4);
  await answer.locator('.formula .katex').first().waitFor();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await answer.locator('.code button').click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'def f(x):\n    return x * 2');
  await reads(answer.locator('.figures'), /42 词元/);
  await accessible(page, 'an answer');
  await shot(page, 'answer-zh');
});

story('an answer is stopped, answered again, edited and branched', {}, async (page) => {
  await signIn(page);
  await choose(page, 'slow');
  await say(page, '数数');
  await page.locator('.markdown').getByText('3 4 5').waitFor();
  await page.getByRole('button', { name: '停止生成' }).click();
  await page.getByText('已停止').waitFor();
  await choose(page, 'echo');
  await page.getByRole('button', { name: '重新生成' }).click();
  await page.locator('.markdown').getByText('echo: 数数').waitFor();
  await answered(page);
  assert.equal(await page.locator('.turn-answer .versions > span[title]').innerText(), '2/2');
  await page.getByRole('button', { name: '上一个版本' }).click();
  await page.locator('.markdown').getByText('3 4 5').waitFor();
  await page.locator('.composer textarea').focus();
  await page.keyboard.press('ArrowUp');
  await page.locator('.editor textarea').fill('换个说法');
  await page.keyboard.press('Enter');
  await page.locator('.markdown').getByText('echo: 换个说法').waitFor();
  await answered(page);
  assert.equal(await page.locator('.turn-user .versions > span[title]').innerText(), '2/2');
  await shot(page, 'branch-zh');
  await page.reload();
  await page.locator('.markdown').getByText('echo: 换个说法').waitFor();
});

story('Esc stops, and another conversation does not', {}, async (page) => {
  await signIn(page);
  await choose(page, 'slow');
  await say(page, '先问');
  await page.locator('.markdown').getByText('1 2').waitFor();
  await page.keyboard.press('Control+Shift+O');
  await page.locator('.welcome').waitFor();
  await page.locator('.chats-item').getByText('先问').click();
  await page.locator('.markdown').getByText('7 8 9').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('已停止').waitFor();
});

story('conversations are found, renamed, exported, deleted and brought back', {}, async (page) => {
  await signIn(page);
  await choose(page, 'echo');
  await say(page, '苹果');
  await answered(page);
  await page.locator('.chats-new').click();
  await say(page, '香蕉');
  await answered(page);
  await page.keyboard.press('Control+K');
  await page.keyboard.type('苹果');
  assert.equal(await page.locator('.chats-item').count(), 1);
  const menu = async (name) => {
    await page.locator('.chats-item').first().hover();
    await page.locator('.chats-item button').first().click();
    await page.getByRole('menuitem', { name }).click();
  };
  await menu('重命名');
  await page.getByRole('dialog').locator('input').fill('水果');
  await page.keyboard.press('Enter');
  await page.locator('.chats-item').getByText('水果').waitFor();
  const [saved] = await Promise.all([page.waitForEvent('download'), menu('导出为 Markdown')]);
  assert.equal(saved.suggestedFilename(), '水果.md');
  const text = readFileSync(await saved.path(), 'utf8');
  assert.match(text, /^# 水果\n\n> 以下内容由人工智能生成/);
  assert.match(text, /echo: 苹果/);
  await menu('删除');
  await page.getByText('没有找到相符的对话').waitFor();
  await page.getByRole('button', { name: '撤销' }).click();
  await page.locator('.chats-item').getByText('水果').waitFor();
});

story('a hostile answer stays words', {}, async (page, troubles) => {
  await signIn(page);
  await choose(page, 'hostile');
  await say(page, 'x');
  await answered(page);
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(
    await page.locator('.markdown').locator('script,iframe,form,style,object,embed,[onerror],[onload],a[href^="javascript"]').count(),
    0,
  );
  assert.equal(await page.locator('.markdown img').count(), 0);
  assert.deepEqual(troubles, []); // nothing was even refused: nothing was tried
});

story('who waits sees the place in line', {}, async (page) => {
  // Until there are enough people here, the line is played to the page.
  await page.addInitScript(() => {
    const real = window.fetch;
    window.fetch = (input, init) => {
      if (!String(input?.url ?? input).includes('/v1/chat/completions')) return real(input, init);
      const text = new TextEncoder();
      return Promise.resolve(
        new Response(
          new ReadableStream({
            start(c) {
              c.enqueue(text.encode(': queued position=4 eta=1m12s\n'));
              window.next = (s) => c.enqueue(text.encode(s));
            },
          }),
          { headers: { 'Content-Type': 'text/event-stream' } },
        ),
      );
    };
  });
  await signIn(page);
  await say(page, '你好');
  await page.getByText('前面还有 3 个请求').waitFor();
  await page.getByText(/预计等待 1 分/).waitFor();
  await accessible(page, 'the line');
  await shot(page, 'queue-zh');
  await page.evaluate(() => window.next(': queued position=1 eta=2s\n'));
  await page.getByText('下一个就轮到您').waitFor();
  await page.evaluate(() => window.next('data: {"choices":[{"delta":{"content":"轮到了"}}]}\n\ndata: [DONE]\n\n'));
  await page.locator('.markdown').getByText('轮到了').waitFor();
});

story('keys are made and revoked, and a user’s key opens what it may', {}, async (page) => {
  await signIn(page);
  await go(page, '/protect/keys');
  await page.getByRole('button', { name: '创建密钥' }).click();
  await page.getByRole('dialog').locator('input').first().fill('信贷部');
  await accessible(page, 'making a key');
  await page.getByRole('dialog').getByRole('button', { name: '创建密钥' }).click();
  await page.getByText('密钥已创建').waitFor();
  userKey = await page.getByRole('dialog').locator('pre').innerText();
  assert.match(userKey, /^hk_\w{8}_\w{43}_\w{6}$/);
  await shot(page, 'key-made-zh');
  await page.getByRole('button', { name: '我已保存' }).click();
  await page.locator('.row').getByText('信贷部').waitFor();
  await accessible(page, 'keys');
  await shot(page, 'keys-zh');

  const other = await open(browser());
  await signIn(other.page, userKey);
  await other.page.locator('.welcome').waitFor();
  assert.deepEqual(await other.page.locator('.side .menu').first().locator('.menu-item').allInnerTexts(), ['对话', '服务', '求真']);
  for (const at of ['/serve/models', '/serve/keys', '/protect/people', '/protect/keys', '/serve']) {
    await go(other.page, at);
    await other.page.getByText('您无权查看此处').waitFor();
  }
  await other.page.getByText('您无权查看此处').waitFor();
  await accessible(other.page, 'forbidden');
  await shot(other.page, 'forbidden-zh');
  await go(other.page, '/serve/start');
  await other.page.getByText('HEARTH_API_KEY').first().waitFor();
  await go(other.page, '/chat');

  await page.getByRole('button', { name: '范围 信贷部' }).click();
  await page.getByRole('dialog').locator('.ant-select input').fill('ech*,');
  await accessible(page, 'limits of a key');
  await shot(page, 'key-limits-zh');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await page.locator('.row', { hasText: '信贷部' }).getByText('可用模型 ech*').waitFor();
  await other.page.reload();
  await other.page.locator('.picker').click();
  await other.page.locator('.picker-menu').getByText('echo', { exact: true }).waitFor();
  assert.equal(await other.page.locator('.picker-menu').getByText('thinker', { exact: true }).count(), 0);
  assert.deepEqual(other.troubles, []); // what it may not see was not even asked for

  await page.getByRole('button', { name: '吊销 信贷部' }).click();
  const end = page.getByRole('dialog').getByRole('button', { name: '吊销' });
  assert.equal(await end.isDisabled(), true);
  await page.getByRole('dialog').locator('input').fill('信贷部');
  await shot(page, 'revoke-zh');
  await end.click();
  await page.getByText('已吊销“信贷部”').waitFor();
  await other.page.reload();
  await other.page.locator('input[type=password]').waitFor(); // at once
  await other.context.close();
});

const password = 'Correct-Horse-7';
const dialog = (page) => page.getByRole('dialog').last();
const menuOf = async (page, name, item) => {
  await page.locator('.ant-dropdown:visible').waitFor({ state: 'hidden' }); // one that was open before is gone
  await page.getByRole('button', { name: `对${name}的操作` }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const add = async (page, name, login, standing, department) => {
  await page.getByRole('button', { name: '添加人员' }).first().click();
  await dialog(page).getByLabel('姓名').fill(name);
  await dialog(page).getByLabel('登录名').fill(login);
  await dialog(page).getByRole('radio', { name: standing }).check();
  if (department) await dialog(page).getByLabel('部门').fill(department);
  await accessible(page, 'adding somebody');
  await shot(page, `person-add-${login}-zh`);
  await dialog(page).getByRole('button', { name: '添加人员' }).click();
  await page.getByText('已添加，请转交邀请链接').waitFor();
  const link = await dialog(page).locator('pre').innerText();
  await shot(page, `person-added-${login}-zh`);
  await page.getByRole('button', { name: '我已保存' }).click();
  return link;
};
const choosePassword = async (page, link) => {
  await page.goto(link);
  await page.locator('input[type=password]').first().waitFor();
  await page.locator('input[type=password]').first().fill(password);
  await page.locator('input[type=password]').last().fill(`${password}x`);
  await page.locator('button[type=submit]').click();
  await page.getByText('两次输入的密码不一致').waitFor();
  await accessible(page, 'an invitation');
  await shot(page, 'invitation-zh');
  await page.locator('input[type=password]').last().fill(password);
  await page.locator('button[type=submit]').click();
};
const byName = async (page, login, secret) => {
  await page.getByText('账号', { exact: true }).click();
  await page.getByLabel('登录名').fill(login);
  await page.getByLabel('密码').fill(secret);
  await page.locator('button[type=submit]').click();
};
const menus = (page) => page.locator('.side .menu-item').allInnerTexts();

story('an administrator is added, comes in with two steps, and sees what the role may', {}, async (page, troubles) => {
  await signIn(page);
  await go(page, '/protect/people');
  await page.getByText('还没有人员').waitFor();
  await accessible(page, 'nobody yet');
  await shot(page, 'people-empty-zh');
  const link = await add(page, '李审计', 'li.audit', '审计管理员', '总行/审计部');
  const row = page.locator('.row', { hasText: 'li.audit' });
  await row.getByText('待设置密码').waitFor();
  await row.getByText('总行/审计部').waitFor();

  const other = await open(browser());
  const li = other.page;
  await choosePassword(li, link);
  await li.getByRole('heading', { name: '绑定双因素认证' }).waitFor();
  await li.getByRole('button', { name: /开\s*始/ }).click();
  const secret = await li.locator('pre').innerText();
  await accessible(li, 'the second step');
  await shot(li, 'factor-zh');
  await li.locator('input[autocomplete=one-time-code]').fill(code(secret));
  await li.locator('button[type=submit]').click();
  await li.getByText('双因素认证已绑定').waitFor();
  const recovery = (await li.locator('pre').innerText()).split('\n');
  assert.equal(recovery.length, 10);
  await accessible(li, 'recovery codes');
  await shot(li, 'recovery-zh');
  await li.getByRole('button', { name: '我已保存' }).click();
  await li.locator('.welcome').waitFor();
  await choose(li, 'echo');
  await say(li, '在吗');
  await answered(li);
  await go(li, '/protect/people');
  await li.locator('.row', { hasText: 'li.audit' }).getByText('您本人').waitFor();
  assert.deepEqual(await menus(li), ['对话', '服务', '守护', '求真', '人员', '职责与应急', '审计']);
  assert.equal(await li.locator('.page-head button, .rows button').count(), 0, 'an auditor changes nothing');
  await accessible(li, 'people, for an auditor');
  await shot(li, 'people-auditor-zh');
  await go(li, '/protect/keys');
  await li.getByText('您无权查看此处').waitFor();
  await go(li, '/serve');
  await li.locator('.card').first().waitFor();
  assert.deepEqual(other.troubles, []);

  await li.locator('.who').click();
  await li.getByRole('button', { name: '退出登录' }).click();
  await byName(li, 'li.audit', password);
  await li.getByLabel('验证码').fill(recovery[0]);
  await shot(li, 'signin-code-zh');
  await li.locator('button[type=submit]').click();
  await li.locator('.shell').waitFor();
  assert.equal(
    other.troubles.splice(0).every((t) => t.includes('401')),
    true,
  );

  await menuOf(page, '李审计', '停用');
  const end = dialog(page).getByRole('button', { name: /停\s*用/ });
  assert.equal(await end.isDisabled(), true);
  await dialog(page).locator('input').fill('li.audit');
  await accessible(page, 'disabling somebody');
  await shot(page, 'disable-zh');
  await end.click();
  await row.getByText('已停用').waitFor();
  await li.reload();
  await li.getByLabel('登录名').waitFor(); // at once
  await shot(page, 'people-disabled-zh');
  await menuOf(page, '李审计', '恢复使用');
  await page.getByText('“李审计”已恢复使用').waitFor();
  await row.getByText('已停用').waitFor({ state: 'detached' });

  await menuOf(page, '李审计', '重置登录');
  await dialog(page).locator('input').fill('li.audit');
  await dialog(page).getByRole('button', { name: '重置登录' }).click();
  await page.getByText('已重置“李审计”的登录').waitFor();
  assert.notEqual(await dialog(page).locator('pre').innerText(), link);
  await page.getByRole('button', { name: '我已保存' }).click();
  await menuOf(page, '李审计', '更改身份');
  await dialog(page).getByRole('radio', { name: '用户' }).check();
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await page.getByText('“李审计”现在是用户').waitFor();
  await menuOf(page, '李审计', '修改资料');
  await dialog(page).getByLabel('姓名').fill('李四');
  await dialog(page).getByLabel('部门').fill('');
  await dialog(page)
    .getByRole('button', { name: /保\s*存/ })
    .click();
  await row.getByText('李四').waitFor();
  await row.getByText('总行/审计部').waitFor({ state: 'detached' });
  await menuOf(page, '李四', '删除');
  await dialog(page).locator('input').fill('li.audit');
  await dialog(page)
    .getByRole('button', { name: /删\s*除/ })
    .click();
  await page.getByText('还没有人员').waitFor();
  assert.deepEqual(troubles, []);
  await other.context.close();
});

story('a user sees their own keys alone, and is locked out and let in again', {}, async (page) => {
  await signIn(page);
  await go(page, '/protect/people');
  const link = await add(page, 'Wang Wu', 'wang', '用户');
  const other = await open(browser());
  const wang = other.page;
  await wang.goto(`${url}/`);
  await wang.getByText('账号', { exact: true }).click();
  await wang.getByText('有邀请码？在此设置密码').click(); // as the command line shows one
  await wang.getByLabel('邀请码').fill(link.split('/').at(-1));
  await wang.locator('input[type=password]').first().fill(password);
  await wang.locator('input[type=password]').last().fill(password);
  await shot(wang, 'invitation-by-hand-zh');
  await wang.locator('button[type=submit]').click();
  await wang.locator('.welcome').waitFor();
  await go(wang, '/serve/keys');
  await wang.getByText('还没有密钥').waitFor();
  assert.deepEqual(await menus(wang), ['对话', '服务', '求真', '我的密钥', '接入指南']);
  await accessible(wang, 'no keys of one’s own');
  await shot(wang, 'own-keys-empty-zh');
  await wang.getByRole('button', { name: '创建密钥' }).click();
  await dialog(wang).locator('input').first().fill('notebook');
  await dialog(wang).getByRole('button', { name: '创建密钥' }).click();
  await wang.getByText('密钥已创建').waitFor();
  const own = await dialog(wang).locator('pre').innerText();
  await wang.getByRole('button', { name: '我已保存' }).click();
  await shot(wang, 'own-keys-zh');
  const ask = () => fetch(`${url}/v1/models`, { headers: { Authorization: `Bearer ${own}` } });
  assert.equal((await ask()).status, 200);
  await go(page, '/protect/keys');
  await page
    .locator('.row', { hasText: 'notebook' })
    .getByText(/Wang Wu/)
    .waitFor(); // whose it is
  await wang.getByRole('button', { name: '吊销 notebook' }).click();
  await dialog(wang).locator('input').fill('notebook');
  await dialog(wang)
    .getByRole('button', { name: /吊\s*销/ })
    .click();
  await wang.getByText('还没有密钥').waitFor();
  assert.equal((await ask()).status, 401);
  for (const at of ['/serve', '/protect/people', '/protect/keys']) {
    await go(wang, at);
    await wang.getByText('您无权查看此处').waitFor();
  }
  assert.deepEqual(other.troubles, []);

  await wang.locator('.who').click();
  await wang.getByRole('button', { name: '退出登录' }).click();
  await byName(wang, 'wang', 'wrong');
  for (let wrong = 1; wrong < 5; wrong++) {
    await wang.locator('.ant-alert-error').waitFor();
    await Promise.all([wang.waitForResponse((r) => r.url().endsWith('/session')), wang.locator('button[type=submit]').click()]);
    await wang.locator('button[type=submit]:not(.ant-btn-loading)').waitFor();
  }
  await go(page, '/protect/people');
  await page.reload();
  const row = page.locator('.row', { hasText: 'wang' });
  await row.getByText(/已锁定至/).waitFor();
  await shot(page, 'people-locked-zh');
  await menuOf(page, 'Wang Wu', '解除锁定');
  await row.getByText(/已锁定至/).waitFor({ state: 'detached' });
  await byName(wang, 'wang', password);
  await wang.locator('.shell').waitFor();
  await other.context.close();
});

story('the state, the models and the library are there, in both languages', {}, async (page) => {
  await signIn(page);
  for (const language of ['zh', 'en']) {
    if (language === 'en') {
      await page.locator('.who').click();
      await page.locator('.ant-segmented').getByText('English').click();
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'Status' }).or(page.locator('.chat, .page')).first().waitFor();
    }
    for (const [at, name] of [
      ['/chat', 'chat'],
      ['/serve', 'overview'],
      ['/serve/models', 'models'],
      ['/protect/people', 'people'],
      ['/protect/keys', 'keys'],
      ['/serve/start', 'start'],
    ]) {
      await go(page, at);
      await page.locator('.card, .rows, .welcome').first().waitFor();
      await accessible(page, `${name} ${language}`);
      const talks = await page.locator('.chats').allInnerTexts(); // are in whatever language people spoke
      const said = talks.reduce((text, talk) => text.replace(talk, ''), await page.locator('body').innerText());
      if (language === 'en') assert.doesNotMatch(said, /[\u4e00-\u9fff](?<!炉心|简体中文)/, name);
      await shot(page, `${name}-${language}`);
    }
    await go(page, '/serve/models');
    await page.getByRole('tab').nth(1).click();
    await page.locator('.filters input').first().fill('qwen3');
    await page.locator('.ant-tabs-content-active .card, .ant-tabs-tabpane-active .card').filter({ hasText: /qwen3/i }).first().waitFor();
    await accessible(page, `library ${language}`);
    await shot(page, `library-${language}`);
  }
  await page.locator('.filters input').first().fill('zzzzzzzz');
  await page.getByText('The library has no such model').waitFor();
  await shot(page, 'library-empty-en');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  await page.reload();
  await page.getByText('On this appliance').waitFor(); // remembered
});

story('it is as readable in the dark', { colorScheme: 'dark' }, async (page) => {
  await page.goto(`${url}/`);
  await page.locator('input[type=password]').waitFor();
  await accessible(page, 'sign-in, dark');
  await shot(page, 'signin-dark');
  await signIn(page);
  await choose(page, 'thinker');
  await say(page, '展示排版');
  await answered(page);
  await accessible(page, 'an answer, dark');
  await shot(page, 'answer-dark');
  for (const at of ['/serve', '/serve/models', '/serve/start', '/protect/people', '/protect/keys']) {
    await go(page, at);
    await page.locator('.card, .rows').first().waitFor();
    await accessible(page, `${at}, dark`);
  }
  await shot(page, 'keys-dark');
  await go(page, '/protect/people');
  await page.locator('.rows').waitFor();
  await shot(page, 'people-dark');
  await page.getByRole('button', { name: '添加人员' }).click();
  await accessible(page, 'adding somebody, dark');
  await shot(page, 'person-add-dark');
  await page.keyboard.press('Escape');
  await go(page, '/serve');
  await shot(page, 'overview-dark');
});

story('it fits a telephone', { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true }, async (page) => {
  const fits = async (what) =>
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375, `${what} is wider than the screen`);
  await signIn(page);
  await page.locator('.welcome').waitFor();
  await fits('the first page');
  await shot(page, 'welcome-phone');
  await choose(page, 'thinker');
  await say(page, '展示排版');
  await answered(page);
  await fits('an answer');
  await accessible(page, 'an answer, telephone');
  await shot(page, 'answer-phone');
  await page.getByRole('button', { name: '菜单' }).first().click();
  await page.locator('.ant-drawer .chats-item').first().waitFor();
  await accessible(page, 'the menu, telephone');
  await shot(page, 'menu-phone');
  await page.locator('.ant-drawer').getByText('服务', { exact: true }).click();
  for (const at of ['/serve', '/serve/models', '/serve/start', '/protect/people', '/protect/keys']) {
    await go(page, at);
    await page.locator('.card, .rows').first().waitFor();
    await fits(at);
  }
  await shot(page, 'keys-phone');
  await go(page, '/protect/people');
  await page.locator('.rows').waitFor();
  await accessible(page, 'people, telephone');
  await shot(page, 'people-phone');
  await page.getByRole('button', { name: '添加人员' }).click();
  await page.getByRole('dialog').waitFor();
  await fits('adding somebody');
  await shot(page, 'person-add-phone');
});

story('below the path of a proxy it works the same', {}, async (page) => {
  const at = process.env.HEARTH_PROXIED;
  await page.goto(`${at}/`);
  assert.equal(page.url(), `${at}/console/`);
  await page.locator('input[type=password]').fill(key);
  await page.locator('button[type=submit]').click();
  await page.locator('.welcome').waitFor();
  await choose(page, 'echo');
  await say(page, '你好');
  await page.locator('.markdown').getByText('echo: 你好').waitFor();
  await page.goto(`${at}/console/#/serve/start`);
  await page.getByText(`${at}/v1`, { exact: true }).waitFor();
});

story('what can’t be reached says so, and recovers', {}, async (page, troubles) => {
  await signIn(page);
  await page.locator('.welcome').waitFor();
  await page.waitForTimeout(2500); // until the pages that come later are here
  await page.context().setOffline(true);
  await say(page, '你好');
  await page.getByText('无法连接一体机').first().waitFor();
  await page.locator('.who').waitFor();
  await page.evaluate(() => (location.hash = '#/serve'));
  await page.locator('.state').getByText('无法连接一体机').waitFor();
  await accessible(page, 'unreachable');
  await shot(page, 'offline-zh');
  await page.getByRole('button', { name: '重试' }).click();
  await page.locator('.state').getByText('无法连接一体机').waitFor();
  await page.context().setOffline(false); // which the page finds out by itself
  await page.locator('.card').first().waitFor();
  assert.equal(
    troubles.splice(0).every((t) => /ERR_INTERNET_DISCONNECTED/.test(t)),
    true,
  );
});
