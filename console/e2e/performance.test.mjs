// What drawing costs: measured, and printed for docs/performance.md. It holds nothing against a limit: machines differ.
import { key, signIn, url } from './browser.mjs';
import { choose, say, story } from './story.mjs';

const metrics = async (session) => {
  const { metrics: list } = await session.send('Performance.getMetrics');
  return Object.fromEntries(list.map((m) => [m.name, m.value]));
};

story('a long answer that comes fast', {}, async (page) => {
  await signIn(page);
  await choose(page, 'fast');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await say(page, '写一篇长文');
  await page.locator('.turn-answer .markdown').waitFor();
  await page.evaluate(() => {
    window.frames_ = [];
    const tick = (at) => {
      window.frames_.push(at);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const begun = Date.now();
  const script = [];
  const first = await metrics(session);
  while (!(await page.locator('.turn-answer .acts').count())) {
    await page.waitForTimeout(1000);
    const m = await metrics(session);
    script.push(m.ScriptDuration - first.ScriptDuration);
  }
  const seconds = (Date.now() - begun) / 1000;
  const frames = await page.evaluate(() => window.frames_.slice(1).map((f, i) => f - window.frames_[i]));
  frames.sort((a, b) => a - b);
  const at = (q) => frames[Math.floor((frames.length - 1) * q)].toFixed(1);
  const chars = await page.locator('.turn-answer .markdown').evaluate((el) => el.innerText.length);
  const half = script[Math.floor(script.length / 2)] ?? 0;
  console.log(
    `answer: ${chars} characters in ${seconds.toFixed(1)} s; ${(frames.length / seconds).toFixed(1)} frames/s, between frames median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms; script ${script.at(-1)?.toFixed(2)} s, of it in the first half of the time ${half.toFixed(2)} s`,
  );
});

story('a history of 2,000 messages', {}, async (page) => {
  const id = 'feedfacefeedfacefeedface';
  const turns = {};
  let leaf = null;
  for (let n = 0; n < 2000; n++) {
    const turn = {
      id: `t${n}`,
      parent: leaf,
      role: n % 2 ? 'assistant' : 'user',
      text: `第 ${n} 句。\n\n- 一\n- 二\n\n\`\`\`js\nlet n = ${n};\n\`\`\``,
      at: n,
      model: 'echo',
      state: n % 2 ? 'done' : undefined,
    };
    turns[turn.id] = turn;
    leaf = turn.id;
  }
  await fetch(`${url}/admin/v1/conversations/${id}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: '长谈', revision: 0, created: 1, updated: Date.now(), said: '', body: { turns, leaf } }),
  });
  await signIn(page);
  const item = page.locator('.chats-item').getByText('长谈');
  await item.waitFor();
  await page.waitForTimeout(2000);
  const took = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const begun = performance.now();
        [...document.querySelectorAll('.chats-item a')].find((a) => a.textContent.includes('长谈')).click();
        const look = () => {
          if (document.querySelectorAll('.turn').length > 10 && document.body.innerText.includes('第 1999 句'))
            resolve(performance.now() - begun);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
  console.log(`history: 2,000 messages open in ${took.toFixed(0)} ms`);
});
