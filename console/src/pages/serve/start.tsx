import { Link } from '@tanstack/react-router';
import { Card, Select, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { root } from '../../api/client';
import { useOffered } from '../../api/models';
import { useMay } from '../../api/session';
import { Snippet } from '../../components/copy';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { example, languages, type Programming } from './examples';

export function Start() {
  const { t } = useTranslation();
  const query = useOffered();
  const own = useMay('self');
  const all = useMay('people');
  const [chosen, setChosen] = useState<string | null>(null);
  const base = `${root}v1`;
  return (
    <Page title={t('start.title')} intro={t('start.intro')}>
      <Shown query={query}>
        {(list) => {
          const model = chosen ?? list[0]?.id;
          if (!model)
            return (
              <Nothing title={t('chat.noModels')} hint={t('chat.noModelsHint')}>
                <Link to="/serve/models">{t('chat.toModels')}</Link>
              </Nothing>
            );
          return (
            <>
              <Card className="card">
                <div className="start-facts">
                  <div>
                    <span className="quiet">{t('start.base')}</span>
                    <Snippet text={base} />
                  </div>
                  <div>
                    <span className="quiet">{t('start.model')}</span>
                    <Select
                      aria-label={t('start.model')}
                      value={model}
                      onChange={setChosen}
                      options={list.map((m) => ({ value: m.id, label: m.id }))}
                    />
                  </div>
                  <div>
                    <span className="quiet">{t('start.key')}</span>
                    <p>
                      {t('start.keyHint')} {(own || all) && <Link to={own ? '/serve/keys' : '/protect/keys'}>{t('start.toKeys')}</Link>}
                    </p>
                  </div>
                </div>
              </Card>
              <h2 className="section">{t('start.example')}</h2>
              <Tabs
                items={(Object.entries(languages) as [Programming, string][]).map(([key, label]) => ({
                  key,
                  label,
                  children: <Snippet text={example(key, base, model, t('start.ask'))} />,
                }))}
              />
            </>
          );
        }}
      </Shown>
    </Page>
  );
}
