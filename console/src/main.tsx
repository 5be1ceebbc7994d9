import './app/nonce';
import './i18n';
import './app/app.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';

createRoot(document.getElementById('root') as HTMLElement).render(<App />);
