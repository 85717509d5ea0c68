import { startDemo } from './tests/demo-page.js';
const demo = await startDemo();
const { page, offences, next, close } = await demo.open(process.argv[2]);
try { const s = await next(); await next(); console.log(JSON.stringify(s).slice(0, 900)); } catch (e) { console.log(String(e)); }
await page.evaluate(() => { const d = document.querySelector('#maps'); if (d && !d.hidden) d.open = true; });
await page.waitForTimeout(1500);
await page.screenshot({ path: process.argv[3], fullPage: true });
console.log(offences); await close(); await demo.close();
