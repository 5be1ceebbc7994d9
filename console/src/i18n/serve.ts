// Words of the pages that come later come with them, so that the first page is not made to wait.
import i18n from './index';
import { enServe } from './serve.en';
import { zhServe } from './serve.zh-CN';

i18n.addResourceBundle('zh-CN', 'words', zhServe, true);
i18n.addResourceBundle('en', 'words', enServe, true);
