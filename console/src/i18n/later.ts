// Words of pages that come later, added when the first of those is here.

import i18n from './index';
import { laterEn } from './later.en';
import { laterZh } from './later.zh-CN';

i18n.addResourceBundle('zh-CN', 'words', laterZh, true);
i18n.addResourceBundle('en', 'words', laterEn, true);
