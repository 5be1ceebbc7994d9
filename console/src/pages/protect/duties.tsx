import '../../i18n/later';
import { ClockCircleOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay, useSession } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Figure, Page } from '../../components/page';
import { Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { moment } from '../../lib/format';
import { emergencies, people, type Schemas, setup } from './queries';

type Emergency = Schemas['Emergency'];

/** Whether the three administrators have taken over, and what two of them allow in an emergency. */
export function Duties() {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const person = useSession().data?.person;
  return (
    <Page
      title={t('duties.title')}
      intro={t('duties.intro')}
      extra={
        person && (
          <Button onClick={() => setAsking(true)} icon={<ClockCircleOutlined />}>
            {t('duties.ask')}
          </Button>
        )
      }
    >
      <Setup />
      <h2 className="section">{t('duties.emergencies')}</h2>
      <List />
      {asking && <Ask onClose={() => setAsking(false)} />}
    </Page>
  );
}

function Setup() {
  const { t, i18n } = useTranslation();
  const may = useMay('setup');
  const queries = useQueryClient();
  const notices = useNotices();
  const query = useQuery(setup());
  const [finishing, setFinishing] = useState(false);
  const duties = ['system', 'security', 'audit'] as const;
  return (
    <Shown query={query}>
      {(s) => {
        const ready = duties.every((d) => s[d] > 0);
        return (
          <Card size="small" className="card" title={t(s.finished ? 'duties.finished' : 'duties.unfinished')}>
            <dl className="figures-grid">
              {duties.map((d) => (
                <Figure key={d} name={t(`standing.${d}`)} value={t('duties.people', { n: s[d] })} />
              ))}
            </dl>
            <p className="quiet duties-words">
              {s.finished
                ? t('duties.finishedSince', { time: moment(s.finished, i18n.language) })
                : t(ready ? 'duties.ready' : 'duties.notReady')}
            </p>
            {!s.finished && may && (
              <Button type="primary" disabled={!ready} onClick={() => setFinishing(true)}>
                {t('duties.finish')}
              </Button>
            )}
            {finishing && (
              <Typed
                title={t('duties.finishTitle')}
                hint={t('duties.finishHint')}
                word={t('duties.finishWord')}
                ok={t('duties.finish')}
                run={() => body(admin.POST('/admin/v1/setup/finish'))}
                onDone={() => {
                  setFinishing(false);
                  notices.success(t('duties.finished'));
                  void queries.invalidateQueries();
                }}
                onClose={() => setFinishing(false)}
              />
            )}
          </Card>
        );
      }}
    </Shown>
  );
}

function List() {
  const { t } = useTranslation();
  const query = useQuery(emergencies());
  return (
    <Shown query={query}>
      {(list) =>
        list.length === 0 ? (
          <p className="quiet">{t('duties.none')}</p>
        ) : (
          <ul className="rows">
            {list.map((e) => (
              <Row key={e.id} e={e} />
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

function Row({ e }: { e: Emergency }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const notices = useNotices();
  const me = useSession().data?.person;
  const knows = useMay('people', 'grant', 'audit');
  const names = useQuery({ ...people(), enabled: knows }).data ?? [];
  const name = (id: string | undefined) => names.find((p) => p.id === id)?.name ?? id ?? '';
  const over = !!e.expires && new Date(e.expires) < new Date();
  const act = useMutation({
    mutationFn: async (what: 'approve' | 'end') => {
      const params = { path: { id: e.id } };
      if (what === 'approve') await body(admin.POST('/admin/v1/emergencies/{id}/approve', { params }));
      else await body(admin.DELETE('/admin/v1/emergencies/{id}', { params }));
    },
    onError: (x) => notices.error(`${Problem.any(x).message}${i18n.language === 'en' ? '. ' : '。'}${Problem.any(x).remedy}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ['emergencies'] }),
  });
  return (
    <li className="row">
      <ClockCircleOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{name(e.person)}</b>{' '}
        {!e.expires ? (
          <Mark tone="warm">{t('duties.waiting')}</Mark>
        ) : over ? (
          <Mark>{t('duties.over')}</Mark>
        ) : (
          <Mark tone="bad">{t('duties.holds', { time: moment(e.expires, i18n.language) })}</Mark>
        )}
        <p>{e.reason}</p>
        <div className="quiet">
          {t('duties.asked', { time: moment(e.asked, i18n.language), n: Math.round(e.minutes) })}
          {e.approved_by && ` · ${t('duties.approvedBy', { name: name(e.approved_by) })}`}
        </div>
      </div>
      <div className="row-acts">
        {!e.expires && me && me !== e.person && (
          <Button size="small" type="primary" loading={act.isPending} onClick={() => act.mutate('approve')}>
            {t('duties.approve')}
          </Button>
        )}
        {!over && (
          <Button size="small" loading={act.isPending} onClick={() => act.mutate('end')}>
            {t('duties.end')}
          </Button>
        )}
      </div>
    </li>
  );
}

function Ask({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const notices = useNotices();
  const [form] = Form.useForm<{ reason: string; minutes: number }>();
  const ask = useMutation({
    mutationFn: (w: { reason: string; minutes: number }) => body(admin.POST('/admin/v1/emergencies', { body: w })),
    onSuccess: () => {
      notices.success(t('duties.askedNow'));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['emergencies'] }),
  });
  const problem = ask.error && Problem.any(ask.error);
  return (
    <Modal
      open
      title={t('duties.ask')}
      okText={t('duties.ask')}
      cancelText={t('common.cancel')}
      confirmLoading={ask.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <p className="spaced">{t('duties.askHint')}</p>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ minutes: 30 }} onFinish={(w) => ask.mutate(w)}>
        <Form.Item
          name="reason"
          label={t('duties.reason')}
          rules={[{ required: true, min: 5, whitespace: true, message: t('duties.reasonMissing') }]}
        >
          <Input.TextArea rows={3} maxLength={1000} />
        </Form.Item>
        <Form.Item name="minutes" label={t('duties.minutes')} rules={[{ required: true, message: t('duties.minutes') }]}>
          <Select options={[15, 30, 60, 120, 240].map((n) => ({ value: n, label: String(n) }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
