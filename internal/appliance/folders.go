package appliance

import (
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
)

// folders are the places to look for models in: those configured, ./models, and
// where the named tools keep theirs, as each documents it. A file that lies in two of them
// is of the first, so the starter model's folder is before those that may contain the
// data folder.
func (c *Config) folders() []catalog.Folder {
	var list []catalog.Folder
	if c.Starter {
		list = append(list, catalog.Folder{Origin: hearth.OriginStarter, Path: c.starterFolder()})
	}
	for _, path := range c.Models {
		list = append(list, catalog.Folder{Origin: hearth.OriginFolder, Path: path})
	}
	list = append(list, catalog.Folder{Origin: hearth.OriginFolder, Path: "models"})
	env := c.env
	home := env["HOME"]
	cache := env["XDG_CACHE_HOME"]
	if cache == "" {
		cache = filepath.Join(home, ".cache")
	}
	places := map[string][]string{
		hearth.OriginOllama: {env["OLLAMA_MODELS"], filepath.Join(home, ".ollama", "models"),
			"/usr/share/ollama/.ollama/models", "/var/lib/ollama/.ollama/models"},
		hearth.OriginHuggingFace: {env["HF_HUB_CACHE"], under(env["HF_HOME"], "hub"), filepath.Join(cache, "huggingface", "hub")},
		hearth.OriginModelScope:  {env["MODELSCOPE_CACHE"], filepath.Join(cache, "modelscope", "hub")},
		hearth.OriginLMStudio:    {filepath.Join(home, ".lmstudio", "models"), filepath.Join(cache, "lm-studio", "models")},
	}
	for _, tool := range c.Discover {
		for _, path := range places[tool] {
			if filepath.IsAbs(path) {
				list = append(list, catalog.Folder{Origin: tool, Path: path})
			}
		}
	}
	return list
}

func under(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}
