package bench

// Head begins every report.
type Head struct {
	Version string  `json:"version" en:"of the hearth that measured" zh:"进行测量的 hearth 版本"`
	Machine Machine `json:"machine"`
	Model   string  `json:"model" en:"name of the model" zh:"模型名称"`
}

// EngineReport is about the engine alone.
type EngineReport struct {
	Head
	Architecture string  `json:"architecture" en:"as the file names it" zh:"架构（文件所述）"`
	Weights      string  `json:"weights" en:"storage format of most weights" zh:"大部分权重的存储格式"`
	FileBytes    int64   `json:"file_bytes" en:"size of the model's files" zh:"模型文件的大小"`
	Parameters   uint64  `json:"parameters" en:"weights in the file" zh:"参数量"`
	Threads      int     `json:"threads" en:"threads that computed" zh:"计算线程数"`
	LoadSeconds  float64 `json:"load_seconds" en:"until the model could be asked" zh:"加载到可以提问的时间（秒）"`
	*SoloReport
}

// ServerReport is about a server under load.
type ServerReport struct {
	Head
	URL   string    `json:"url" en:"where the server is" zh:"服务器地址"`
	Asked LoadAsked `json:"asked"`
	*LoadReport
}
