// The page told by the tests alone: nothing here depends on how fast anything runs.
// Usage: node alone.mjs PTERO
import { dirname, join } from 'node:path';
import * as access from './access.mjs';
import { believed } from './image.mjs';
import { maps } from './maps.mjs';
import { desk } from './page.mjs';
import { launch, patience, step } from './support.mjs';

const folder = join(dirname(process.argv[2]), 'dashboard');
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: desk });
  context.setDefaultTimeout(patience);
  await step('maps are drawn where their frames are', () => maps(context, folder));
  await step('axe finds nothing serious', () => access.audit(browser, folder));
  await step('a map is read and zoomed with the keyboard', () => access.keyboard(context, folder));
  await step('limits, scales, profile and files', () => access.adjust(context, folder));
  await step('an image says whether it is to be believed', () => believed(context, folder));
} catch (error) {
  console.error(`failed: ${error.stack ?? error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
