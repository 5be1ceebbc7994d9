// Conversations: kept on the appliance, shared, judged, handed out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { key, open, reads, shot, signIn, url } from './browser.mjs';
import { accessible, answered, browser, choose, go, say, story } from './story.mjs';

const dialog = (page) => page.getByRole('dialog').last();
const api = (method, path, body, k = key) =>
  fetch(`${url}/admin/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${k}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
const userKey = async (name) => (await (await api('POST', 'keys', { name, models: [], ttl_seconds: 0 })).json()).key;
const menu = async (page, title, item) => {
  await page.locator('.ant-dropdown:visible').waitFor({ state: 'hidden' });
  const row = page.locator('.chats-item', { hasText: title });
  await row.hover();
  await row.locator('button').click();
  await page.getByRole('menuitem', { name: item }).click();
};
const idOf = (page) => page.url().split('/').at(-1);

story('a conversation is there in another browser, and nobody else has it', {}, async (page, troubles) => {
  const mine = await userKey('王五');
  const theirs = await userKey('赵六');
  await signIn(page, mine);
  await choose(page, 'echo');
  await say(page, '只有我知道的事');
  await answered(page);
  await page.locator('.chats-item').getByText('只有我知道的事').waitFor();
  const id = idOf(page);
  await page.waitForTimeout(300);

  const second = await open(browser());
  await signIn(second.page, mine);
  await second.page.locator('.chats-item').getByText('只有我知道的事').click();
  await second.page.locator('.markdown').getByText('echo: 只有我知道的事').waitFor();
  await say(second.page, '第二台');
  await answered(second.page);
  await second.page.locator('.markdown').getByText('echo: 第二台').waitFor();
  await second.page.locator('.chats-new').click();
  await second.page.getByLabel('搜索对话').fill('第二台 知道');
  await second.page.locator('.chats-item').getByText('只有我知道的事').waitFor();
  assert.deepEqual(second.troubles, []);
  await say(page, '第一台'); // which does not know of that yet
  await answered(page);
  await second.page.waitForTimeout(300);
  await second.page.reload();
  await second.page.goto(`${url}/console/#/chat/${id}`);
  await second.page.locator('.turn').first().waitFor();
  const kept = await (await api('GET', `conversations/${id}`, undefined, mine)).json();
  const said = Object.values(kept.body.turns).map((t) => t.text);
  for (const t of ['只有我知道的事', '第二台', '第一台']) assert.ok(said.includes(t), t);

  for (const [method, path, body] of [
    ['GET', `conversations/${id}`],
    ['DELETE', `conversations/${id}`],
    ['PUT', `conversations/${id}/shared`, { shared: true }],
    ['PUT', `conversations/${id}`, { title: 'x', revision: kept.revision, created: 1, updated: 1, said: '', body: {} }],
    ['PUT', `conversations/${id}/feedback/t`, { model: 'm', good: true }],
  ]) {
    assert.equal((await api(method, path, body, theirs)).status, 404, `${method} ${path}`);
    assert.equal((await api(method, path, body)).status, 404, `${method} ${path}, by an administrator`);
  }
  await second.context.close();
  assert.equal((await page.evaluate(() => indexedDB.databases())).length, 0, 'something is still kept in the browser');
  assert.equal(
    troubles.splice(0).every((t) => t.includes('409')),
    true,
  ); // the browser's own note that there was something newer
});

story('a conversation is shared in the tenant, read, and copied', {}, async (page) => {
  await signIn(page, await userKey('孙七'));
  await choose(page, 'thinker');
  await say(page, '值得分享');
  await answered(page);
  await menu(page, '值得分享', '共享…');
  await dialog(page).getByRole('checkbox').click();
  await dialog(page).locator('pre').waitFor();
  const link = await dialog(page).locator('pre').innerText();
  await accessible(page, 'sharing');
  await shot(page, 'share-zh');
  await page.keyboard.press('Escape');

  const other = await open(browser());
  await signIn(other.page, await userKey('周八'));
  await other.page.goto(link);
  await other.page.getByText('这是孙七共享的对话，只能查看。').waitFor();
  await other.page.locator('.markdown table').waitFor();
  assert.equal(await other.page.getByRole('button', { name: '重新生成' }).count(), 0);
  await other.page.locator('.chats-list h2').getByText('他人共享').waitFor();
  await accessible(other.page, 'a shared conversation');
  await shot(other.page, 'shared-zh');
  await other.page.locator('.reading button').click();
  await other.page.locator('.composer textarea').waitFor();
  assert.notEqual(idOf(other.page), link.split('/').at(-1));
  await choose(other.page, 'echo');
  await say(other.page, '接着聊');
  await other.page.locator('.markdown').getByText('echo: 接着聊').waitFor();
  await answered(other.page);

  await menu(page, '值得分享', '共享…');
  await dialog(page).getByRole('checkbox').click();
  await dialog(page).locator('pre').waitFor({ state: 'detached' });
  const gone = await open(browser());
  await signIn(gone.page, await userKey('吴九'));
  await gone.page.goto(link);
  await gone.page.waitForURL(/#\/chat$/);
  assert.equal(
    gone.troubles.splice(0).every((t) => t.includes('404')),
    true,
  );
  assert.deepEqual(other.troubles, []);
  await other.context.close();
  await gone.context.close();
});

story('what one thinks of an answer is kept, with the reason', {}, async (page) => {
  await signIn(page, await userKey('郑十'));
  await choose(page, 'echo');
  await say(page, '评价一下');
  await answered(page);
  await page.getByRole('button', { name: '回答得不好' }).click();
  const send = dialog(page).getByRole('button', { name: /提\s*交/ });
  await send.waitFor();
  assert.equal(await send.isDisabled(), true);
  await dialog(page).getByText('夹带广告').click();
  await dialog(page).locator('textarea').fill('第三句是广告');
  await accessible(page, 'why not');
  await shot(page, 'feedback-zh');
  await send.click();
  await page.locator('.acts [aria-pressed=true]').waitFor();
  await page.waitForTimeout(300);
  const { feedback } = await (await api('GET', 'feedback')).json();
  assert.deepEqual(
    feedback.filter((f) => f.comment === '第三句是广告').map((f) => [f.model, f.good, f.reason]),
    [['echo', false, 'advertising']],
  );
  await page.reload();
  await page.locator('.acts [aria-pressed=true]').waitFor(); // and is remembered
  await page.getByRole('button', { name: '回答得不好' }).click();
  await page.locator('.acts [aria-pressed=true]').waitFor({ state: 'detached' });
  await page.waitForTimeout(300);
  assert.equal((await (await api('GET', 'feedback')).json()).feedback.filter((f) => f.comment === '第三句是广告').length, 0);
});

story('a conversation is handed out with the label of what a model made', {}, async (page) => {
  await page.addInitScript(() => {
    window.print = () => {
      window.printed = document.querySelector('.printed').innerText;
    };
  });
  await signIn(page, await userKey('钱一'));
  await choose(page, 'thinker');
  await say(page, '导出我');
  await answered(page);
  const [word] = await Promise.all([page.waitForEvent('download'), menu(page, '导出我', '导出为 Word 文档')]);
  assert.equal(word.suggestedFilename(), '导出我.docx');
  const text = readFileSync(await word.path()).toString('utf8'); // stored as it is
  assert.match(text, /word\/document\.xml/);
  assert.match(text, /以下内容由人工智能生成/);
  assert.match(text, /name="AIGC"/);
  assert.match(text, /快速排序/);
  await menu(page, '导出我', '打印或存为 PDF');
  await page.waitForFunction(() => window.printed);
  assert.match(await page.evaluate(() => window.printed), /以下内容由人工智能生成[\s\S]*快速排序/);
  assert.equal(await page.locator('.printed').count(), 0);
});

story('what a browser kept before moves to the appliance', {}, async (page) => {
  const mine = await userKey('陈二');
  await signIn(page, mine);
  const { key_id } = await page.evaluate(async () => (await fetch('session', { headers: { 'X-Hearth-Console': '1' } })).json());
  await page.evaluate(
    (name) =>
      new Promise((resolve) => {
        const r = indexedDB.open(name, 1);
        r.onupgradeneeded = () => r.result.createObjectStore('conversations', { keyPath: 'id' });
        r.onsuccess = () => {
          const t = r.result.transaction('conversations', 'readwrite');
          const turn = { id: 'u', parent: null, role: 'user', text: '从前的话', at: 1 };
          t.objectStore('conversations').put({
            id: '0123456789abcdef01234567',
            title: '从前',
            created: 1,
            updated: Date.now(),
            turns: { u: turn },
            leaf: 'u',
          });
          t.oncomplete = () => {
            r.result.close();
            resolve();
          };
        };
      }),
    `hearth-${key_id}`,
  );
  await page.reload();
  await page.locator('.chats-item').getByText('从前').click();
  await page.locator('.said').getByText('从前的话').waitFor();
  assert.equal((await (await api('GET', 'conversations', undefined, mine)).json()).conversations.length, 1);
  await go(page, '/chat');
});

story('files go with what is said, and what can’t be taken is told', {}, async (page) => {
  await signIn(page, await userKey('冯三'));
  await choose(page, 'echo');
  await page.locator('.composer input[type=file]').setInputFiles([
    { name: '报表.csv', mimeType: 'text/csv', buffer: Buffer.from('月份,收入\n一月,100\n') },
    { name: '图片.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]) },
  ]);
  await page.locator('.composer .attached').getByText('报表.csv').waitFor();
  await page.getByText('“图片.png”不是文本文件').waitFor();
  await accessible(page, 'a file is attached');
  await shot(page, 'attached-zh');
  await say(page, '总结');
  await answered(page);
  await reads(page.locator('.markdown'), /总结[\s\S]*报表\.csv[\s\S]*一月,100/); // as the model got it
  assert.equal(await page.locator('.composer .attached').count(), 0);
  await page.reload();
  await page.locator('.turn-user .attached').getByText('报表.csv').waitFor();
  await shot(page, 'attached-said-zh');
});

story('models answer side by side, and one goes on with one of them', {}, async (page) => {
  await signIn(page, await userKey('蒋四'));
  await page.getByText('并排比较').click();
  await page.locator('.compare').waitFor();
  for (const remove = page.locator('.compare-head .ant-select-selection-item-remove'); await remove.count(); ) await remove.first().click();
  await page.locator('.compare-head .ant-select').click();
  for (const model of ['echo', 'thinker']) await page.locator('.ant-select-item-option').getByText(model, { exact: true }).click();
  await page.keyboard.press('Escape');
  await say(page, '比一比');
  await page.getByRole('region', { name: 'echo' }).getByText('echo: 比一比').waitFor();
  await page.getByRole('region', { name: 'thinker' }).locator('table').waitFor();
  await page.getByRole('region', { name: 'thinker' }).locator('.figures').waitFor();
  await accessible(page, 'comparing');
  await shot(page, 'compare-zh');
  await page.getByRole('region', { name: 'echo' }).getByRole('button', { name: '用它继续' }).click();
  await page.locator('.chats-item').getByText('比一比').waitFor();
  await say(page, '再来');
  await page.locator('.markdown').getByText('echo: 再来').waitFor();
  await answered(page);
});
