// Cases, and how they are reported: a line for each (../README.md).

export class Skip extends Error {}

export async function all(stream) {
  const chunks = [];
  for await (const c of stream) chunks.push(c);
  return chunks;
}

export async function run(cases) {
  let failed = 0;
  for (const [name, attempt] of Object.entries(cases)) {
    try {
      await attempt();
      console.log(`ok ${name}`);
    } catch (e) {
      if (e instanceof Skip) {
        console.log(`ok ${name} # skip`);
        continue;
      }
      failed++;
      console.log(`not ok ${name}: ${String(e.message).replace(/\s*\n\s*/g, ' | ')}`);
    }
  }
  process.exit(failed === 0 ? 0 : 1);
}
