// The words of the console. Chinese is written first; en.ts has to have the same keys.
export const zh = {
  app: { name: '炉心', skip: '跳到主要内容', menu: '菜单', close: '关闭', user: '用户', admin: '管理员' },
  nav: { chat: '对话', serve: '服务', overview: '运行状态', models: '模型', keys: '密钥', start: '接入指南' },
  prefs: { title: '偏好', theme: '外观', light: '浅色', dark: '深色', auto: '跟随系统', language: '语言', signOut: '退出登录' },
  common: {
    copy: '复制', copied: '已复制', cancel: '取消', save: '保存', remove: '删除', undo: '撤销', retry: '重试', refresh: '刷新',
    search: '搜索', none: '无', yes: '是', no: '否', unknown: '未知', loading: '正在加载…', copyFailed: '无法复制，请手动选取',
  },
  state: {
    failed: '没有成功', forbidden: '此处仅限管理员', forbiddenHint: '当前登录的密钥可以使用模型，但不能管理一体机。请用管理员密钥重新登录。',
    signInAgain: '换用其他密钥登录', code: '错误码', offline: '无法连接一体机', offlineHint: '请检查网络，以及 hearth 是否正在运行。', unexpected: '一体机的应答不合预期',
  },
  signin: {
    title: '登录炉心', hint: '使用 API 密钥登录。首次启动时，密钥由 hearth up 显示在终端里。', key: 'API 密钥', submit: '登录',
    missing: '请填写密钥', lost: '没有密钥？在一体机上运行', privacy: '密钥只用于本次登录，不会保存在浏览器中；登录状态保留 7 天，密钥吊销后立即失效。',
    ended: '登录已失效，请重新登录。',
  },
  chat: {
    new: '新对话', list: '对话列表', searchList: '搜索对话', empty: '还没有对话', noMatch: '没有找到相符的对话', untitled: '新对话',
    today: '今天', week: '近 7 天', earlier: '更早', local: '对话记录只保存在本浏览器中，尚未存到一体机。',
    rename: '重命名', export: '导出为 Markdown', delete: '删除', deleted: '已删除“{{title}}”', title: '标题',
    welcome: '今天想聊点什么？', welcomeHint: '由本机的模型回答，内容不出本机。',
    starterHint: '现在由自带的入门模型回答。它很小，主要懂得炉心自己的用法；导入真正的模型后，这里就能办更多事。',
    placeholder: '输入消息，Enter 发送，Shift+Enter 换行', placeholderShort: '输入消息…', send: '发送', stop: '停止生成',
    model: '模型', noModels: '没有可用的模型', noModelsHint: '导入或下载一个模型后即可开始对话。', toModels: '查看模型',
    you: '你', waiting: '正在等待模型…', loadingModel: '模型首次使用时需要加载到内存',
    queued: '正在排队，前面还有 {{ahead}} 个请求', queuedNext: '下一个就轮到您', eta: '预计等待 {{time}}', queueHint: '不必重新发送，轮到时会自动开始。',
    thinking: '正在思考', thought: '已思考 {{time}}', thoughtUntimed: '思考过程', thoughtCut: '思考被中断',
    stopped: '已停止', interrupted: '回答被中断（页面曾关闭或网络断开）', cut: '已达到长度上限，回答可能不完整', filtered: '回答因内容规则中止',
    tokens: '{{n}} 词元', promptTokens: '提示 {{n}} 词元', speed: '{{n}} 词元/秒', first: '首字 {{time}}',
    edit: '编辑', editHint: '修改后重新发送，原来的分支会保留', resend: '重新发送', regenerate: '重新生成', copyAnswer: '复制回答', copyMessage: '复制消息',
    branch: '第 {{at}} 个版本，共 {{of}} 个', previous: '上一个版本', next: '下一个版本', bottom: '回到底部',
    code: '代码', image: '图片未加载', link: '外部链接', aiLabel: '以下内容由人工智能生成，仅供参考。', exportedAt: '导出时间', aiHint: '内容由模型生成，请核对重要信息。',
    storage: '无法保存对话记录：{{detail}}', shortcuts: '快捷键', shortcutNew: '新对话', shortcutSearch: '搜索对话', shortcutStop: '停止生成', shortcutEdit: '编辑上一条消息',
    shortcutFocus: '回到输入框', shortcutHelp: '显示快捷键',
    try: { import: '怎样导入一个模型？', key: '怎样创建 API 密钥？', remote: '怎样让其他电脑也能访问？', backup: '数据保存在哪里？',
      write: '帮我写一份会议通知', explain: '用通俗的话解释什么是量化', table: '用表格比较三种排序算法', code: '写一个读取 CSV 的 Python 函数' },
    second: '{{n}} 秒', minute: '{{m}} 分 {{s}} 秒',
  },
  overview: {
    title: '运行状态', machine: '本机', version: '版本', uptime: '已运行', processor: '处理器', cores: '计算核心', memory: '内存', platform: '平台',
    forModels: '模型可用', loaded: '内存中的模型', noneLoaded: '内存中没有模型', noneLoadedHint: '收到第一个请求时会自动加载。', modelFiles: '已加载模型文件',
    running: '生成中', waiting: '排队', context: '上下文', answers: '已生成词元', prompts: '已处理提示词元', speed: '平均速度', file: '文件大小', name: '模型', unload: '卸载', unloaded: '已卸载 {{model}}',
    day: '{{d}} 天 {{h}} 小时', hour: '{{h}} 小时 {{m}} 分', minute: '{{m}} 分钟', underMinute: '不到 1 分钟',
  },
  models: {
    title: '模型', installed: '本机模型', library: '模型库', none: '还没有模型', noneHint: '可以从模型库下载，或导入 GGUF 文件。', load: '加载', loaded: '已加载', loadedNow: '已加载 {{model}}', ask: '对话', problem: '无法使用', remedy: '解决办法',
    origin: { imported: '已导入', folder: '模型目录', ollama: 'Ollama', huggingface: 'Hugging Face', modelscope: 'ModelScope', lmstudio: 'LM Studio', starter: '自带', upstream: '上游' },
    parameters: '参数', size: '大小', context: '上下文', quantization: '量化', fits: '适合本机', native: '内置引擎可运行', commercial: '可商用', kind: '用途', allKinds: '全部用途',
    kinds: { chat: '对话', embedding: '向量', reranker: '重排', code: '代码', vision: '视觉', math: '数学', audio: '语音' },
    searchHint: '按名称、发布者或用途搜索，例如 deepseek、qwen3、embedding', noMatch: '模型库中没有相符的模型', noMatchHint: '换个词，或放宽筛选条件。', results: '{{n}} 个模型', offline: '模型库在程序之内，搜索不会联网。',
    need: '约需内存', tooBig: '超出本机内存', notNative: '需其他引擎运行', licence: '许可', commercialUse: { yes: '可商用', no: '不可商用', conditions: '有条件商用' }, pull: '在一体机上运行以下命令下载，可断点续传并自动校验：',
    recommended: '推荐给本机', more: '显示更多',
  },
  keys: {
    title: '密钥', intro: '程序凭密钥调用接口，人凭密钥登录控制台。', create: '创建密钥', name: '名称', namePlaceholder: '例如：信贷部', nameMissing: '请填写名称', standing: '权限', user: '使用模型', admin: '管理一体机', created: '创建时间', expires: '到期', never: '不过期',
    life: '有效期', days: '{{n}} 天', year: '1 年', made: '密钥已创建', once: '请立即复制保存，关闭后不会再显示。', done: '我已保存', revoke: '吊销', revokeTitle: '吊销“{{name}}”？', revokeHint: '使用它的程序和已登录的浏览器会立即失去访问权，且无法恢复。请输入名称以确认：', revoked: '已吊销“{{name}}”',
    current: '当前登录', currentHint: '吊销当前登录所用的密钥后，您将退出登录。', adminWarning: '管理员密钥可以查看和吊销所有密钥，请只交给管理人员。', count: '共 {{n}} 把', expired: '已过期',
  },
  start: {
    title: '接入指南', intro: '任何 OpenAI 客户端都可以使用，只需改两处：基础地址和密钥。', base: '基础地址', model: '模型', key: '密钥', keyHint: '把示例中的 $HEARTH_API_KEY 换成自己的密钥，或设为环境变量。', toKeys: '创建密钥', example: '示例', ask: '你好',
  },
};

export type Words = typeof zh;
