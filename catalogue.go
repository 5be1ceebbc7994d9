package hearth

// Code names a trouble for machines. Codes are stable: clients branch on them.
// Where OpenAI has a code for the same trouble, it is used.
type Code string

// The codes, in the order of the catalogue below, which explains each.
const (
	InternalError Code = "internal_error"
	Canceled      Code = "canceled"
	ServerStop    Code = "server_stopping"
	NoServer      Code = "server_not_running"

	InvalidJSON           Code = "invalid_json"
	InvalidValue          Code = "invalid_value"
	MissingValue          Code = "missing_value"
	WrongType             Code = "wrong_type"
	OutOfRange            Code = "out_of_range"
	NotOneOf              Code = "not_one_of"
	Unsupported           Code = "unsupported_value"
	ContextOverflow       Code = "context_length_exceeded"
	BodyTooLarge          Code = "request_too_large"
	ConstraintInvalid     Code = "constraint_invalid"
	ConstraintUnsupported Code = "constraint_unsupported"
	ConstraintTooLarge    Code = "constraint_too_large"
	NoSuchRoute           Code = "unknown_url"
	BadMethod             Code = "method_not_allowed"

	MissingKey Code = "missing_api_key"
	InvalidKey Code = "invalid_api_key"
	NotAllowed Code = "permission_denied"
	NoSuchKey  Code = "key_not_found"
	LastAdmin  Code = "last_admin_key"
	NoSession  Code = "session_ended"
	SlowDown   Code = "too_many_attempts"

	SignInRefused     Code = "sign_in_refused"
	AccountLocked     Code = "account_locked"
	CodeRequired      Code = "code_required"
	PasskeyRequired   Code = "passkey_required"
	PasskeyRefused    Code = "passkey_refused"
	PasswordExpired   Code = "password_expired"
	PasswordWeak      Code = "password_weak"
	InvitationInvalid Code = "invitation_invalid"
	DutySignsInHere   Code = "duty_signs_in_here"
	NotInGroup        Code = "not_in_group"
	DirectoryRefused  Code = "directory_refused"
	DirectoryFailed   Code = "directory_failed"

	NoSuchPerson     Code = "person_not_found"
	NoSuchTenant     Code = "tenant_not_found"
	NoSuchDepartment Code = "department_not_found"
	NoSuchEmergency  Code = "emergency_not_found"
	NoSuchPasskey    Code = "passkey_not_found"
	NameTaken        Code = "name_taken"
	StillUsed        Code = "still_used"
	OwnAffair        Code = "own_affair"
	AnotherDuty      Code = "another_duty"
	LastOfDuty       Code = "last_of_duty"
	NeedsTwo         Code = "needs_two_people"
	SetupFinished    Code = "setup_finished"
	SetupIncomplete  Code = "setup_incomplete"

	NoSuchModel  Code = "model_not_found"
	NoModels     Code = "no_models"
	NotThisModel Code = "model_not_allowed"
	DataStays    Code = "data_class_not_allowed"

	NoSuchResponse Code = "response_not_found"
	TooManyJobs    Code = "too_many_jobs"
	NoSuchTicket   Code = "ticket_not_found"
	NoSuchFile     Code = "file_not_found"
	NoSuchWordList Code = "word_list_not_found"

	NoSuchConversation  Code = "conversation_not_found"
	ConversationChanged Code = "conversation_changed"

	NoSuchBatch  Code = "batch_not_found"
	BatchInvalid Code = "batch_invalid"
	BatchGivenUp Code = "batch_cancelled"
	BatchTooLate Code = "batch_expired"
	StorageFull  Code = "storage_full"

	ModelInvalid     Code = "model_invalid"
	ModelUnsupported Code = "model_unsupported"
	NeedsConversion  Code = "model_needs_conversion"
	ModelMemory      Code = "model_out_of_memory"
	ModelExists      Code = "model_exists"
	ModelNotOwned    Code = "model_not_owned"
	ModelInUse       Code = "model_in_use"
	WrongTask        Code = "model_wrong_task"
	AdapterUnfit     Code = "adapter_unfit"
	ModelTampered    Code = "model_tampered"
	ManifestInvalid  Code = "manifest_invalid"
	SignatureInvalid Code = "signature_invalid"
	BundleInvalid    Code = "bundle_invalid"
	TokenizerAltered Code = "tokenizer_altered"
	TemplateRefused  Code = "template_refused"
	TemplateFailed   Code = "template_failed"
	QueueFull        Code = "queue_full"

	QuotaExceeded       Code = "quota_exceeded"
	NoSuchQuota         Code = "quota_not_found"
	NoSuchTrustPolicy   Code = "trust_policy_not_found"
	NoSuchProbe         Code = "probe_not_found"
	ProbesRunning       Code = "probes_running"
	DeadlineUnreachable Code = "deadline_unreachable"
	PlaceKept           Code = "place_kept"

	UpstreamUnreachable Code = "upstream_unreachable"
	UpstreamRefused     Code = "upstream_refused"
	UpstreamFailed      Code = "upstream_failed"
	UpstreamRejected    Code = "upstream_rejected"
	UpstreamBusy        Code = "upstream_busy"
	NoSuchUpstream      Code = "upstream_not_found"
	NotAnEngine         Code = "not_an_engine"
	ModelAltered        Code = "model_altered"
	VerifyBusy          Code = "verification_under_way"
	NotConforming       Code = "not_conforming"

	NoSuchToolServer      Code = "tool_server_not_found"
	ToolServerUnavailable Code = "tool_server_unavailable"
	ToolsTooMany          Code = "too_many_tools"
	ToolFailed            Code = "tool_failed"
	UpstreamProtocol      Code = "upstream_protocol"

	AuditUnavailable Code = "audit_unavailable"
	AuditDamaged     Code = "audit_damaged"
	NoSuchRecord     Code = "record_not_found"

	WrongUse      Code = "wrong_use"
	ConfigInvalid Code = "config_invalid"
	ListenUnsafe  Code = "listen_unsafe"
	ListenFailed  Code = "listen_failed"
	DataLocked    Code = "data_locked"
	DataInvalid   Code = "data_invalid"

	KeyringSealed  Code = "keyring_sealed"
	KeyringRefused Code = "keyring_refused"
	KeyringFailed  Code = "keyring_failed"
	NoSuchSecret   Code = "secret_not_found"

	FileFailed Code = "file_failed"
	DiskFull   Code = "disk_full"

	NotInLibrary    Code = "not_in_library"
	NotImported     Code = "model_not_imported"
	DownloadBusy    Code = "download_busy"
	DownloadFailed  Code = "download_failed"
	DownloadCorrupt Code = "download_corrupt"
	WorkshopBusy    Code = "model_job_running"
	NoSuchModelJob  Code = "model_job_not_found"

	ChangedMeanwhile Code = "changed_meanwhile"
	MeasuringBusy    Code = "measuring_running"

	ContentRefused Code = "content_refused"
	WordsInvalid   Code = "words_invalid"
)

type texts [languages]string

type entry struct {
	kind    Kind
	message texts
	remedy  texts
}

func (c Code) entry() entry {
	if e, ok := catalogue[c]; ok {
		return e
	}
	return catalogue[InternalError]
}

// Codes lists every code, for the manual.
func Codes() []Code {
	codes := make([]Code, 0, len(catalogue))
	for c := range catalogue {
		codes = append(codes, c)
	}
	return codes
}

// catalogue is read-only. Braces name parameters given to [NewError].
var catalogue = map[Code]entry{
	InternalError: {KindInternal,
		texts{"the appliance made a mistake", "一体机内部出错"},
		texts{"look for the request id in the server's log and report it", "请用请求编号在服务日志中查找原因并反馈"}},
	Canceled: {KindCanceled,
		texts{"the request was canceled", "请求已取消"},
		texts{"send it again if the answer is still wanted", "如仍需要回答，请重新发送"}},
	ServerStop: {KindUnavailable,
		texts{"the server is stopping", "服务正在停止"},
		texts{"send the request again once it has restarted", "请在服务重新启动后再次发送"}},
	NoServer: {KindUnavailable,
		texts{"no server runs on the data folder {path}", "数据目录 {path} 上没有正在运行的服务"},
		texts{"start it with: hearth up; or name the folder of the one that runs with --data", "用 hearth up 启动；或用 --data 指定正在运行的服务的数据目录"}},

	InvalidJSON: {KindInvalid,
		texts{"the request is not valid JSON: {detail}", "请求不是有效的 JSON：{detail}"},
		texts{"correct the JSON text of the request body", "请修正请求体的 JSON 文本"}},
	InvalidValue: {KindInvalid,
		texts{"{field} is not valid: {detail}", "{field} 取值无效：{detail}"},
		texts{"correct the value as the message says", "请按提示修正该值"}},
	MissingValue: {KindInvalid,
		texts{"{field} is missing", "缺少 {field}"},
		texts{"add it to the request", "请在请求中补充该项"}},
	WrongType: {KindInvalid,
		texts{"{field} must be of type {type}", "{field} 的类型必须是 {type}"},
		texts{"send a value of that type", "请发送该类型的值"}},
	OutOfRange: {KindInvalid,
		texts{"{field} must be from {min} to {max}", "{field} 必须在 {min} 到 {max} 之间"},
		texts{"send a value in that range", "请发送该范围内的值"}},
	NotOneOf: {KindInvalid,
		texts{"{field} must be one of: {choices}", "{field} 必须是以下之一：{choices}"},
		texts{"choose one of these", "请从中选择一个"}},
	Unsupported: {KindInvalid,
		texts{"{what} is not supported here", "此处不支持 {what}"},
		texts{"leave it out, or use a model or an engine that offers it", "请去掉该项，或改用支持它的模型或引擎"}},
	ContextOverflow: {KindInvalid,
		// Clients of every kind look for "maximum context length".
		texts{"the maximum context length of {model} is {context_tokens} tokens, but the prompt has {prompt_tokens} and {answer_tokens} more are asked for",
			"{model} 的最大上下文长度为 {context_tokens} 个词元，而提示词有 {prompt_tokens} 个，另要求生成 {answer_tokens} 个"},
		texts{"shorten the conversation, ask for fewer tokens, or use a model with a longer context",
			"请缩短对话、减少生成长度，或改用上下文更长的模型"}},
	BodyTooLarge: {KindTooLarge,
		texts{"the request is larger than {limit_bytes} bytes", "请求超过 {limit_bytes} 字节"},
		texts{"send less, or raise limits.request_bytes in the configuration", "请减小请求，或在配置中调高 limits.request_bytes"}},
	ConstraintInvalid: {KindInvalid,
		texts{"what {field} asks the answer to be is not valid{place}: {detail}", "{field} 对回答格式的要求无效{place}：{detail}"},
		texts{"correct it as the message says", "请按提示修正"}},
	ConstraintUnsupported: {KindInvalid,
		texts{"{field} uses {what}{place}, which answers can't be held to here", "{field} 使用了 {what}{place}，此处无法据此约束回答"},
		texts{"leave it out or say it with what is supported: docs/structured-output.md lists it", "请去掉该项，或改用支持的写法，清单见 docs/structured-output.md"}},
	ConstraintTooLarge: {KindInvalid,
		texts{"what {field} asks the answer to be is too large{place}: {detail}", "{field} 对回答格式的要求过于复杂{place}：{detail}"},
		texts{"make it simpler: fewer parts, shorter repetitions", "请简化：减少组成部分，缩短重复次数"}},
	NoSuchRoute: {KindNotFound,
		texts{"there is nothing at {method} {path}", "{method} {path} 不存在"},
		texts{"check the base URL: OpenAI's clients want one that ends in /v1, Anthropic's and Ollama's one that does not",
			"请检查基础地址：OpenAI 客户端的地址应以 /v1 结尾，Anthropic 与 Ollama 客户端的则不带 /v1"}},
	BadMethod: {KindInvalid,
		texts{"{path} does not take {method}", "{path} 不接受 {method}"},
		texts{"use {allowed}", "请使用 {allowed}"}},

	MissingKey: {KindUnauthenticated,
		texts{"no API key was sent", "请求未携带 API 密钥"},
		texts{"send the header Authorization: Bearer hk_…; an administrator makes keys with: hearth key create --name NAME",
			"请加上请求头 Authorization: Bearer hk_…；管理员可用 hearth key create --name NAME 创建密钥"}},
	InvalidKey: {KindUnauthenticated,
		texts{"the API key is not valid: {detail}", "API 密钥无效：{detail}"},
		texts{"check that the key was copied whole; hearth key list shows the keys that exist",
			"请检查密钥是否复制完整；hearth key list 可查看现有密钥"}},
	NotAllowed: {KindForbidden,
		texts{"this key may use models but not do this", "此密钥可以使用模型，但无权管理一体机的这一部分"},
		texts{"use an administrator's key, or have the administrator do it whose duty it is: docs/access.md has the table",
			"请使用管理员密钥，或请负责此事的管理员办理，权限表见 docs/access.md"}},
	NoSuchKey: {KindNotFound,
		texts{"there is no key {key}", "密钥 {key} 不存在"},
		texts{"hearth key list shows the keys that exist", "hearth key list 可查看现有密钥"}},
	LastAdmin: {KindConflict,
		texts{"{key} is the last administrator key", "{key} 是最后一把管理员密钥"},
		texts{"create another first: hearth key create --admin --name NAME",
			"请先创建另一把：hearth key create --admin --name NAME"}},
	NoSession: {KindUnauthenticated,
		texts{"the session has ended", "登录已失效"},
		texts{"sign in again with a key", "请使用密钥重新登录"}},
	SlowDown: {KindExhausted,
		texts{"too many wrong keys came from this address", "来自该地址的错误密钥过多"},
		texts{"wait {seconds} seconds, then try again with the right key", "请等待 {seconds} 秒，再用正确的密钥重试"}},

	SignInRefused: {KindUnauthenticated,
		texts{"the name, the password or the code is wrong", "用户名、密码或验证码错误"},
		texts{"try again; after five wrong attempts the account is locked for half an hour", "请重试；连续五次错误后账号将锁定半小时"}},
	AccountLocked: {KindUnauthenticated,
		texts{"the account is locked until {until}, after too many wrong attempts", "错误次数过多，账号已锁定至 {until}"},
		texts{"wait until then, or have the security administrator unlock it", "请等待解锁，或请安全管理员解锁"}},
	DutySignsInHere: {KindForbidden,
		texts{"administrators sign in with what this appliance knows of them, not by another's word", "管理员须以本机的密码与双因素或 Passkey 登录，不能由外部身份源代为证明"},
		texts{"sign in with your name, password and code, or with a passkey; ask for an invitation if you have none", "请使用用户名、密码和验证码或 Passkey 登录；如未设置，请索取邀请"}},
	NotInGroup: {KindForbidden,
		texts{"you are in none of the groups that may use this appliance", "您不在允许使用本机的任何用户组中"},
		texts{"ask who keeps the directory to add you to one", "请联系目录管理员将您加入相应用户组"}},
	DirectoryRefused: {KindUnauthenticated,
		texts{"the sign-in with {directory} did not come to a good end", "通过 {directory} 登录未成功"},
		texts{"begin again; the log of the appliance says what was wrong", "请重新登录；具体原因见本机日志"}},
	DirectoryFailed: {KindUnavailable,
		texts{"the directory {directory} can't be asked", "无法访问身份源 {directory}"},
		texts{"try again, or sign in with a password of this appliance; the log says what was wrong", "请稍后重试，或使用本机密码登录；具体原因见本机日志"}},
	CodeRequired: {KindUnauthenticated,
		texts{"a code of the second factor is needed", "需要双因素验证码"},
		texts{"send the six digits that the authenticator shows, or a recovery code, as code", "请在 code 中填写验证器显示的六位数字，或恢复码"}},
	PasskeyRequired: {KindUnauthenticated,
		texts{"this account is signed in to with a passkey", "此账号须使用 Passkey 登录"},
		texts{"choose to sign in with a passkey, where there is one", "请选择以 Passkey 登录"}},
	PasskeyRefused: {KindUnauthenticated,
		texts{"the passkey is not accepted", "Passkey 未通过验证"},
		texts{"begin again, at the address the passkey was made for; the log has the reason", "请在创建它时的地址重新操作；原因见日志"}},
	PasswordExpired: {KindUnauthenticated,
		texts{"the password is too old", "密码已过期"},
		texts{"send a new one with it, as new_password; access.password_days says how long one lasts", "请在 new_password 中同时提交新密码；有效期见 access.password_days"}},
	PasswordWeak: {KindInvalid,
		texts{"the password can't be used: {detail}", "密码不可用：{detail}"},
		texts{"choose one of at least 12 characters, of three of these kinds: lower case, upper case, digits, others; not one of the last five, nor one that has the name in it",
			"请使用至少 12 个字符，并包含小写字母、大写字母、数字、其他字符中的三类；不得与最近五次相同，也不得包含用户名"}},
	InvitationInvalid: {KindUnauthenticated,
		texts{"the invitation is wrong, was used, or is too old", "邀请码错误、已使用或已过期"},
		texts{"ask the administrator who gave it for a new one", "请向管理员重新索取"}},

	NoSuchPerson: {KindNotFound,
		texts{"there is nobody called {person}", "没有用户 {person}"},
		texts{"hearth people list shows who there is", "hearth people list 可查看现有用户"}},
	NoSuchTenant: {KindNotFound,
		texts{"there is no tenant {tenant}", "租户 {tenant} 不存在"},
		texts{"hearth people tenants shows those that exist", "hearth people tenants 可查看现有租户"}},
	NoSuchDepartment: {KindNotFound,
		texts{"there is no department {department} in that tenant", "该租户中没有部门 {department}"},
		texts{"hearth people departments shows those that exist", "hearth people departments 可查看现有部门"}},
	NoSuchEmergency: {KindNotFound,
		texts{"there is no emergency {emergency} that this could be done to", "没有可执行此操作的应急授权 {emergency}"},
		texts{"ask for a new one; each is approved once, soon after it was asked for", "请重新申请；每次申请只能批准一次，且须在申请后不久批准"}},
	NoSuchPasskey: {KindNotFound,
		texts{"there is no such passkey", "没有该 Passkey"},
		texts{"GET /admin/v1/me/passkeys shows one's own", "GET /admin/v1/me/passkeys 可查看本人的 Passkey"}},
	NameTaken: {KindConflict,
		texts{"{name} is taken", "{name} 已被使用"},
		texts{"choose another name", "请换一个名称"}},
	StillUsed: {KindConflict,
		texts{"{what} still has people, keys, or is the main one", "{what} 仍有用户或密钥，或为主租户"},
		texts{"move or remove these first", "请先移出或删除它们"}},
	OwnAffair: {KindForbidden,
		texts{"nobody does this to themselves", "不能对本人执行此操作"},
		texts{"have another administrator do it", "请由其他管理员执行"}},
	AnotherDuty: {KindForbidden,
		texts{"{standing} is another one's duty", "{standing} 由其他管理员负责"},
		texts{"the system administrator adds accounts, the security administrator gives them their standing", "系统管理员创建账号，安全管理员授予身份"}},
	LastOfDuty: {KindConflict,
		texts{"nobody would be left as {standing}", "{standing} 将无人担任"},
		texts{"give that standing to somebody else first", "请先将该身份授予其他人"}},
	NeedsTwo: {KindForbidden,
		texts{"this takes two people: an emergency that another administrator approves", "此操作需要两人：须由另一位管理员批准应急授权"},
		texts{"ask for one with POST /admin/v1/emergencies", "请先通过 POST /admin/v1/emergencies 申请"}},
	SetupFinished: {KindForbidden,
		texts{"the setting up is finished: there is no key for everything any more", "初始设置已完成，不再有全权密钥"},
		texts{"let the system, security or audit administrator do it; or two of them declare an emergency", "请由系统、安全或审计管理员办理；或由其中两人发起应急授权"}},
	SetupIncomplete: {KindConflict,
		texts{"nobody can come in as {standing} yet", "尚无人能以 {standing} 身份登录"},
		texts{"add one person for each of system, security and audit; each has to have chosen a password and a second factor",
			"请为 system、security、audit 各添加一人；三人都须已设置密码和双因素认证"}},

	NoSuchModel: {KindNotFound,
		texts{"there is no model {model}", "模型 {model} 不存在"},
		texts{"hearth model list shows the models at hand; hearth model import FILE adds one",
			"hearth model list 可查看可用模型；hearth model import FILE 可导入模型"}},

	NoModels: {KindUnavailable,
		texts{"there is no model yet", "还没有模型"},
		texts{"add one with: hearth model import FILE.gguf; hearth up shows other ways", "用 hearth model import FILE.gguf 导入一个；hearth up 会列出其他方式"}},

	NotThisModel: {KindForbidden,
		texts{"this key may not use {model}", "此密钥无权使用 {model}"},
		texts{"use another model; an administrator says under groups in the settings who may use which", "请改用其他模型；管理员可在设置的 groups 中指定使用者"}},
	DataStays: {KindForbidden,
		texts{"{model} is nowhere that data of class {class} may go", "{class} 级数据不可发往任何提供 {model} 的位置"},
		texts{"use a model on this machine or network, or declare the data of a lower class if it is; an administrator sets data_class of each upstream",
			"请使用本机或内网的模型；若数据密级实际较低，请如实声明；管理员可设置各上游的 data_class"}},

	NoSuchResponse: {KindNotFound,
		texts{"there is no response {response}", "响应 {response} 不存在"},
		texts{"it was not stored, is deleted or too old, or was made with another key: send the whole conversation instead; responses.keep_for says how long they are kept",
			"它未被保存、已删除、已过期或属于其他密钥：请改为发送完整对话；保存时长见 responses.keep_for"}},

	TooManyJobs: {KindExhausted,
		texts{"as many answers wait to be made in the background as may: {jobs} of one key", "等待后台生成的回答已达到上限（每个密钥 {jobs} 个）"},
		texts{"wait until some are done, or cancel some", "请等待其中一些完成，或取消一些"}},
	NoSuchTicket: {KindNotFound,
		texts{"there is no ticket {ticket}", "票据 {ticket} 不存在"},
		texts{"it was withdrawn, has expired, or belongs to another key: send the request again", "它已撤回、已过期或属于其他密钥：请重新发送请求"}},
	NoSuchFile: {KindNotFound,
		texts{"there is no file {file}", "文件 {file} 不存在"},
		texts{"GET /v1/files lists the files of this key; batches.keep_for says how long they are kept", "GET /v1/files 可列出此密钥的文件；保存时长见 batches.keep_for"}},
	NoSuchConversation: {KindNotFound,
		texts{"there is no conversation {conversation}", "对话 {conversation} 不存在"},
		texts{"it was deleted, or belongs to somebody else who does not share it", "它已被删除，或属于他人且未共享"}},
	ConversationChanged: {KindConflict,
		texts{"the conversation {conversation} was changed elsewhere since it was read", "对话 {conversation} 在读取之后已在别处更改"},
		texts{"read it again, and make the change on what is there now", "请重新读取，再在现有内容上更改"}},
	NoSuchWordList: {KindNotFound,
		texts{"there is no word list {list}", "词库 {list} 不存在"},
		texts{"GET /admin/v1/guard lists those there are", "GET /admin/v1/guard 可列出现有的词库"}},
	NoSuchBatch: {KindNotFound,
		texts{"there is no batch {batch}", "批处理任务 {batch} 不存在"},
		texts{"GET /v1/batches lists the batches of this key; batches.keep_for says how long they are kept", "GET /v1/batches 可列出此密钥的批处理任务；保存时长见 batches.keep_for"}},
	BatchInvalid: {KindInvalid,
		texts{"{detail}", "{detail}"},
		texts{"correct the file, upload it again and make a new batch", "请修正文件，重新上传并新建批处理任务"}},
	BatchGivenUp: {KindCanceled,
		texts{"the batch was cancelled before this request was answered", "批处理任务在该请求得到回答前已取消"},
		texts{"send the request again if the answer is still wanted", "如仍需要回答，请重新发送"}},
	BatchTooLate: {KindExhausted,
		texts{"the time of the batch was over before this request was answered", "该请求在批处理任务的期限内未得到回答"},
		texts{"put the request into another batch; hearth queue shows what else is asked", "请放入新的批处理任务；hearth queue 可查看当前负载"}},
	StorageFull: {KindExhausted,
		texts{"the files of this key come to more than {limit_bytes} bytes", "此密钥的文件合计超过 {limit_bytes} 字节"},
		texts{"delete files that are no longer needed, or have an administrator raise batches.key_bytes", "请删除不再需要的文件，或请管理员调高 batches.key_bytes"}},

	ModelInvalid: {KindInvalid,
		texts{"{model} is not a sound model file: {detail}", "{model} 不是完好的模型文件：{detail}"},
		texts{"fetch the file again and compare its checksum with the publisher's",
			"请重新获取该文件，并与发布者公布的校验值核对"}},
	NeedsConversion: {KindInvalid,
		texts{"{path} holds a model in safetensors files, and hearth runs GGUF", "{path} 中的模型为 safetensors 格式，而 hearth 运行 GGUF"},
		texts{"convert it: hearth model convert {path}", "请转换：hearth model convert {path}"}},
	ModelUnsupported: {KindInvalid,
		texts{"the native engine can't run {model}: {detail}", "内置引擎无法运行 {model}：{detail}"},
		texts{"serve it with an engine that can (llama-server, vLLM) and add that as an upstream",
			"请用支持它的引擎（llama-server、vLLM 等）运行，并配置为上游"}},
	ModelMemory: {KindUnavailable,
		texts{"{model} needs {need_bytes} bytes of memory and {have_bytes} may be used",
			"{model} 需要 {need_bytes} 字节内存，当前只能使用 {have_bytes} 字节"},
		texts{"use a smaller model or quantisation, lower engine.context_tokens, or raise engine.memory_bytes",
			"请改用更小的模型或量化版本、调低 engine.context_tokens，或调高 engine.memory_bytes"}},
	ModelExists: {KindConflict,
		texts{"there is a model {model} already", "模型 {model} 已存在"},
		texts{"give the new one another name with --name, or remove the old one first",
			"请用 --name 另取名称，或先移除原有模型"}},
	ModelNotOwned: {KindConflict,
		texts{"{model} was found at {path} and belongs to another program", "{model} 位于 {path}，属于其他程序"},
		texts{"remove it there; only imported models are removed here", "请在原程序中移除；此处只移除导入的模型"}},
	ModelInUse: {KindConflict,
		texts{"{model} is answering just now", "{model} 正在生成回答"},
		texts{"try again when its answers are complete", "请在回答完成后再试"}},
	WrongTask: {KindInvalid,
		texts{"{model} is a model for {task}, not for {asked}", "{model} 是 {task} 类模型，不能用于 {asked}"},
		texts{"name a model of that kind; GET /v1/models says what each is for", "请改用该类模型；GET /v1/models 会列出各模型的用途"}},
	AdapterUnfit: {KindInvalid,
		texts{"the adapter {adapter} is not for {model}: {detail}", "适配器 {adapter} 不适用于 {model}：{detail}"},
		texts{"use it with the model it was trained on, in any quantization; GET /v1/models lists it there as MODEL:ADAPTER",
			"请与训练它时所用的模型（任何量化格式均可）一起使用；GET /v1/models 会以 模型:适配器 的名称列出"}},
	ModelTampered: {KindInvalid,
		texts{"{model} is not what was signed: {detail}", "{model} 与签名时的内容不一致：{detail}"},
		texts{"do not use it; bring it in again from its publisher or from a signed bundle",
			"请勿使用；请从发布者或已签名的离线包重新导入"}},
	ManifestInvalid: {KindInvalid,
		texts{"the manifest is not valid: {detail}", "清单无效：{detail}"},
		texts{"make it anew, or get it again from whoever signed it", "请重新生成清单，或向签名者重新索取"}},
	SignatureInvalid: {KindInvalid,
		texts{"the signature of {what} does not hold: {detail}", "{what} 的签名未通过验证：{detail}"},
		texts{"check that the right public key or certificate is trusted; if it is, do not use what was signed",
			"请检查所信任的公钥或证书是否正确；若正确，请勿使用被签名的内容"}},
	BundleInvalid: {KindInvalid,
		texts{"the bundle is not sound, at {entry}, byte {offset}: {detail}", "离线包不完好（{entry}，第 {offset} 字节）：{detail}"},
		texts{"copy it again from where it was made; nothing of it was taken in", "请从制作处重新复制；未导入其中任何内容"}},
	TokenizerAltered: {KindInvalid,
		texts{"the vocabulary of {model} is that of {publisher}, altered: {detail}", "{model} 的词表源自 {publisher}，但已被改动：{detail}"},
		texts{"do not use the file; get the model from its publisher", "请勿使用该文件；请从发布者处获取模型"}},
	TemplateRefused: {KindInvalid,
		texts{"the chat template of {model} is refused: {detail}", "{model} 的对话模板被拒绝：{detail}"},
		texts{"get the model from its publisher, or use /v1/completions with a prompt of your own",
			"请从发布者处获取模型，或通过 /v1/completions 自行编写提示词"}},
	TemplateFailed: {KindInvalid,
		texts{"the chat template of {model} does not take this conversation: {detail}",
			"{model} 的对话模板不接受这段对话：{detail}"},
		texts{"check the order of the roles and what the messages contain", "请检查角色顺序和消息内容"}},
	QueueFull: {KindExhausted,
		texts{"{waiting} requests wait for {model}, as many as may", "{model} 已有 {waiting} 个请求在等待，达到上限"},
		texts{"retry after the time in Retry-After, or raise queue.requests and engine.waiting_requests",
			"请在 Retry-After 给出的时间后重试，或调高 queue.requests 与 engine.waiting_requests"}},

	QuotaExceeded: {KindExhausted,
		texts{"{whom} has reached its limit: {limit}", "{whom} 已达到限额：{limit}"},
		texts{"wait {until}, or have an administrator raise {setting}",
			"请等待{until}，或请管理员调高 {setting}"}},
	NoSuchQuota: {KindNotFound,
		texts{"{whose} has no quota {quota}", "{whose} 没有限额 {quota}"},
		texts{"hearth quota list shows the quotas there are", "hearth quota list 可查看现有限额"}},
	NoSuchTrustPolicy: {KindNotFound,
		texts{"{whose} has no policy about advertising of its own", "{whose} 没有单独的广告处理策略"},
		texts{"hearth trust policy list shows the policies there are", "hearth trust policy list 可查看现有策略"}},
	ProbesRunning: {KindConflict,
		texts{"the probes {set} are being asked of {model}", "正在用探针集 {set} 检查 {model}"},
		texts{"ask again when they have ended; GET /admin/v1/trust/probes says so", "请等其结束后再试；GET /admin/v1/trust/probes 可查看状态"}},
	NoSuchProbe: {KindNotFound,
		texts{"there is no probe {probe}", "没有探针 {probe}"},
		texts{"hearth trust probe --sets shows the sets of probes, and --history the runs there were", "hearth trust probe --sets 可查看探针集，--history 可查看历次结果"}},
	DeadlineUnreachable: {KindExhausted,
		texts{"the answer can't begin in time: the wait is about {wait}, and this request may wait {limit}",
			"无法按时开始回答：预计需等待 {wait}，而此请求最多等待 {limit}"},
		texts{"allow more time (X-Hearth-Deadline, or the client's timeout), stream the answer, ask a smaller model, or ask later",
			"请放宽期限（X-Hearth-Deadline 或客户端超时）、改用流式输出、改用更小的模型，或稍后再问"}},
	PlaceKept: {KindExhausted,
		texts{"the answer is not there yet; the place in line is kept", "回答尚未就绪，排队位置已保留"},
		texts{"send the same request again at once, as official clients do by themselves; or stream the answer, and see the place in line",
			"请立即再次发送相同的请求（官方客户端会自动重试）；或改用流式输出，可随时看到排队位置"}},

	UpstreamUnreachable: {KindUnavailable,
		texts{"upstream {upstream} can't be reached", "无法连接上游 {upstream}"},
		texts{"check that it runs and that its url in the configuration is right", "请检查上游是否运行，以及配置中的地址是否正确"}},
	UpstreamRefused: {KindUnavailable,
		texts{"upstream {upstream} refused the request: {detail}", "上游 {upstream} 拒绝了请求：{detail}"},
		texts{"check the upstream's key, model name and log", "请检查上游的密钥、模型名称和日志"}},
	UpstreamFailed: {KindUnavailable,
		texts{"upstream {upstream} failed: {detail}", "上游 {upstream} 出错：{detail}"},
		texts{"send the request again; if it stays so, look at the upstream's log", "请重新发送请求；若持续如此，请查看上游日志"}},
	UpstreamRejected: {KindInvalid,
		texts{"upstream {upstream} does not take this request: {detail}", "上游 {upstream} 不接受该请求：{detail}"},
		texts{"change the request as the upstream says", "请按上游的说明修改请求"}},
	UpstreamBusy: {KindExhausted,
		texts{"upstream {upstream} has reached its limit: {detail}", "上游 {upstream} 已达到限额：{detail}"},
		texts{"retry after the time in Retry-After, or add another upstream for this model",
			"请在 Retry-After 给出的时间后重试，或为该模型增加上游"}},
	UpstreamProtocol: {KindUnavailable,
		texts{"upstream {upstream} broke off or sent something that is not an answer: {detail}",
			"上游 {upstream} 的应答中断或不合规范：{detail}"},
		texts{"look at the upstream's log; send the request again", "请查看上游日志，并重新发送请求"}},
	NoSuchUpstream: {KindNotFound,
		texts{"there is no upstream {upstream}", "没有上游 {upstream}"},
		texts{"hearth upstream lists those there are", "用 hearth upstream 查看现有的上游"}},
	NoSuchToolServer: {KindInvalid,
		texts{"there is no MCP server {server} that you may use", "没有可供您使用的 MCP 服务器 {server}"},
		texts{"the operator declares servers, and who may use them, under mcp in the settings; no other is ever connected to", "MCP 服务器及其使用范围由运维人员在设置项 mcp 中声明；系统不会连接其他服务器"}},
	ToolServerUnavailable: {KindUnavailable,
		texts{"the MCP server {server} can't be reached, or broke off", "MCP 服务器 {server} 无法连接，或连接中断"},
		texts{"look at the appliance's log, and at that of the server", "请查看本机与该服务器的日志"}},
	ToolsTooMany: {KindTooLarge,
		texts{"the MCP server {server} has more than {tools} tools, or more than {bytes} bytes of descriptions", "MCP 服务器 {server} 的工具超过 {tools} 个，或其描述超过 {bytes} 字节"},
		texts{"name the tools that are wanted under mcp[].tools", "请在 mcp[].tools 中指定所需的工具"}},
	ToolFailed: {KindUnavailable,
		texts{"{tool} of {server} failed: {detail}", "{server} 的 {tool} 失败：{detail}"},
		texts{"the model has been told, and may try otherwise", "模型已获知，可能会换一种方式重试"}},
	NotConforming: {KindUnavailable,
		texts{"{target} fails {count} checks", "{target} 有 {count} 项不符合"},
		texts{"the table says at what a library would stumble", "表中列出了 SDK 会出错之处"}},
	ModelAltered: {KindConflict,
		texts{"{model} of upstream {upstream} is not what it was: {detail}", "上游 {upstream} 的 {model} 与原来不同：{detail}"},
		texts{"ask its publisher; if the change is wanted, hearth upstream verify NAME --reference takes what there is now as the reference", "请向服务商核实；若变更符合预期，可用 hearth upstream verify NAME --reference 将现状设为参照"}},
	VerifyBusy: {KindConflict,
		texts{"upstream {upstream} is being verified already", "上游 {upstream} 正在核验中"},
		texts{"wait until that has ended; hearth upstream history NAME shows the result", "请等待其结束；hearth upstream history NAME 可查看结果"}},
	NotAnEngine: {KindConflict,
		texts{"{upstream} is not an engine of this appliance", "{upstream} 不是本机启动的引擎"},
		texts{"only engines under engines in the settings are started here; restart it where it runs", "只有设置项 engines 中的引擎由本机启动；请在其运行的位置重启"}},

	AuditUnavailable: {KindUnavailable,
		texts{"nothing can be recorded now, and nothing is done that is not recorded", "审计记录暂时无法写入，未经记录的操作一律不执行"},
		texts{"look at the server's log; free disk space or mend the disk of the audit folder; work goes on by itself then",
			"请查看服务日志；清理或修复审计目录所在磁盘后会自动恢复"}},
	AuditDamaged: {KindUnavailable,
		texts{"the audit record is not what was signed: {detail}", "审计记录与签名时不一致：{detail}"},
		texts{"hearth audit verify says where; keep the folder as evidence: move it away, and a new record begins",
			"用 hearth audit verify 查找位置；请保留该目录作为证据，将其移走后会开始新的记录"}},
	NoSuchRecord: {KindNotFound,
		texts{"there is no record {record}: {detail}", "没有记录 {record}：{detail}"},
		texts{"hearth audit show lists the records", "hearth audit show 可列出记录"}},

	WrongUse: {KindInvalid,
		texts{"{detail}", "命令用法有误：{detail}"},
		texts{"hearth --help lists the commands, and COMMAND --help its flags", "hearth --help 列出全部命令，在命令后加 --help 查看其选项"}},
	ConfigInvalid: {KindInvalid,
		texts{"the configuration is not valid: {detail}", "配置无效：{detail}"},
		texts{"correct it; hearth up --help lists the settings", "请修正配置；hearth up --help 列出全部设置项"}},
	ListenUnsafe: {KindForbidden,
		texts{"{address} can be reached from outside this machine: {detail}", "{address} 可从本机以外访问：{detail}"},
		texts{"listen on 127.0.0.1; or, once an administrator key exists, hearth tls init --name HOST, or tls.cert and tls.key, or tls.proxy where a proxy in front ends TLS",
			"请监听 127.0.0.1；或在已有管理员密钥后执行 hearth tls init --name 主机名，或配置 tls.cert 与 tls.key；由前置代理终结 TLS 时设置 tls.proxy"}},
	ListenFailed: {KindUnavailable,
		texts{"{address} can't be listened on", "无法监听 {address}"},
		texts{"stop what uses that port, or choose another with --listen", "请停止占用该端口的程序，或用 --listen 另选端口"}},
	DataLocked: {KindConflict,
		texts{"another hearth (process {pid}) uses the data folder {path}", "数据目录 {path} 正被另一个 hearth（进程 {pid}）使用"},
		texts{"stop it first, or give this one a folder of its own with --data", "请先停止它，或用 --data 指定另一个目录"}},
	DataInvalid: {KindInternal,
		texts{"the data folder {path} can't be used: {detail}", "数据目录 {path} 无法使用：{detail}"},
		texts{"restore it from a backup, or start with a fresh folder", "请从备份恢复，或使用新的目录"}},
	KeyringSealed: {KindUnavailable,
		texts{"the keyring is sealed, and nobody is here to open it", "密钥环处于封存状态，且无人在场开启"},
		texts{"give this command a terminal, start the server and open it with hearth keyring unseal, or set keyring.passphrase_file",
			"请在终端中运行；或启动服务并用 hearth keyring unseal 开启；或配置 keyring.passphrase_file"}},
	KeyringRefused: {KindForbidden,
		texts{"what was given does not open the keyring", "提供的口令、密钥或份额无法开启密钥环"},
		texts{"hearth keyring status says what it is sealed by; the wrong shares are forgotten, give all of them again",
			"用 hearth keyring status 查看封存方式；错误的份额已作废，请重新逐一提供"}},
	KeyringFailed: {KindUnavailable,
		texts{"the keyring can't be used: {detail}", "密钥环无法使用：{detail}"},
		texts{"hearth keyring status shows it; restore keyring.json from a backup if it is damaged: without it nothing that is sealed can be read",
			"用 hearth keyring status 查看；如已损坏请从备份恢复 keyring.json，缺少它则无法读取任何已封存内容"}},
	NoSuchSecret: {KindNotFound,
		texts{"there is no secret {secret}", "没有名为 {secret} 的机密"},
		texts{"hearth secret list shows them; hearth secret set NAME keeps one", "用 hearth secret list 查看，用 hearth secret set 名称 保存"}},
	FileFailed: {KindInvalid,
		texts{"{path} can't be used: {detail}", "无法使用 {path}：{detail}"},
		texts{"check that it exists and may be read", "请检查其是否存在且可读"}},
	DiskFull: {KindExhausted,
		texts{"{path} has {free_bytes} bytes free and {need_bytes} are needed", "{path} 剩余 {free_bytes} 字节，需要 {need_bytes} 字节"},
		texts{"free some space; nothing was changed", "请清理磁盘空间；未做任何改动"}},
	NotInLibrary: {KindNotFound,
		texts{"the library knows no model {model}", "模型库中没有 {model}"},
		texts{"hearth model search shows what there is; a GGUF file from elsewhere can be imported by its path or address",
			"用 hearth model search 查看可用模型；其他来源的 GGUF 文件可按路径或网址导入"}},
	NotImported: {KindConflict,
		texts{"{model} is used where another program keeps it; only imported models can be sealed, verified and bundled",
			"{model} 由其他程序保存并原地使用；只有已导入的模型可以封存、校验和打包"},
		texts{"import it first: hearth model import FILE", "请先导入：hearth model import 文件"}},
	DownloadBusy: {KindConflict,
		texts{"another process is downloading {path}", "另一个进程正在下载 {path}"},
		texts{"wait until it is done, or stop it; what it has fetched is used", "请等待其完成，或停止该进程；已下载的部分会被沿用"}},
	WorkshopBusy: {KindConflict,
		texts{"{model} is being made, and models are made one at a time", "正在生成 {model}；同一时间只能生成一个模型"},
		texts{"wait until it is done, or cancel it", "请等待其完成，或取消该任务"}},
	NoSuchModelJob: {KindNotFound,
		texts{"there is no making of a model with the id {id}", "没有编号为 {id} 的模型生成任务"},
		texts{"list the jobs there are; they are forgotten when the appliance stops", "请列出现有任务；一体机停止后任务记录不保留"}},
	ChangedMeanwhile: {KindStale,
		texts{"somebody else has changed it since it was read", "读取之后，它已被其他人修改"},
		texts{"read it again, and make the change to what is there now", "请重新读取，在现有内容上再作修改"}},
	MeasuringBusy: {KindConflict,
		texts{"{model} is being measured, and one model is measured at a time", "正在测量 {model}；同一时间只能测量一个模型"},
		texts{"wait until it is done, or stop it", "请等待其完成，或停止测量"}},
	DownloadFailed: {KindUnavailable,
		texts{"{path} could not be downloaded: {detail}", "无法下载 {path}：{detail}"},
		texts{"check the network and the addresses and start it again; it continues where it stopped",
			"请检查网络和下载地址后重新开始，将从中断处继续"}},
	DownloadCorrupt: {KindUnavailable,
		texts{"no mirror serves {path} with SHA-256 {sha256}: {detail}", "没有镜像提供 SHA-256 为 {sha256} 的 {path}：{detail}"},
		texts{"compare the checksum with the publisher's, or name another mirror; nothing wrong was kept under that name",
			"请与发布者公布的校验值核对，或换用其他镜像；错误的内容不会以该文件名保存"}},

	ContentRefused: {KindForbidden,
		texts{"the request was refused by the content policy: {class}", "请求被内容安全策略拒绝：{class}"},
		texts{"change the text; an administrator can say which rule it was and change it under guard.* in the settings",
			"请修改内容；管理员可查明触发的规则，并在设置的 guard.* 中调整"}},
	WordsInvalid: {KindInvalid,
		texts{"the word list {path} can't be used: {detail}", "词库 {path} 无法使用：{detail}"},
		texts{"correct the file; until then the list that was read last stays in use", "请修正该文件；在此之前继续使用上一次读入的词库"}},
}
