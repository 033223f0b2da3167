/**
 * The words by which the tests find things on pages, as a reader would. Only words that a test looks for; the
 * pages' own texts are the application's. A label is matched whole, an expression anywhere.
 */

export type Language = 'en' | 'zh';

export interface Words {
  bar: { recharge: string; signOut: string };
  signUp: { email: string; password: string; submit: string };
  signIn: { email: string; password: string; submit: string };
  forgot: { email: string; submit: string };
  reset: { password: string; submit: string };
  tryOn: {
    person: string;
    garment: string;
    submit: string;
    /** The accessible name of the result's picture. */
    result: string;
    failed: RegExp;
    /** What stands where the button would be when nothing is left. */
    buy: string;
  };
  payments: {
    buyCreditsPack: string;
    /** Opens the window of the custom top-up. */
    topUp: string;
    topUpAmount: string;
    topUpSubmit: string;
  };
  success: { updating: RegExp; failed: RegExp; tryAgain: string };
}

export const words: Record<Language, Words> = {
  en: {
    bar: { recharge: 'Recharge', signOut: 'Sign out' },
    signUp: { email: 'E-mail', password: 'Password', submit: 'Create account' },
    signIn: { email: 'E-mail', password: 'Password', submit: 'Sign in' },
    forgot: { email: 'E-mail', submit: 'Send the link' },
    reset: { password: 'New password', submit: 'Save the password' },
    tryOn: {
      person: 'Photo of the person',
      garment: 'Photo of the garment',
      submit: 'Try it on',
      result: 'The result',
      failed: /did not work/i,
      buy: 'Buy credits',
    },
    payments: {
      buyCreditsPack: 'Buy Credits Pack',
      topUp: 'Custom top-up',
      topUpAmount: 'Amount in yuan',
      topUpSubmit: 'Continue to payment',
    },
    success: { updating: /credits are being updated/i, failed: /payment failed/i, tryAgain: 'Try again' },
  },
  zh: {
    bar: { recharge: '充值', signOut: '退出登录' },
    signUp: { email: '邮箱', password: '密码', submit: '创建账号' },
    signIn: { email: '邮箱', password: '密码', submit: '登录' },
    forgot: { email: '邮箱', submit: '发送链接' },
    reset: { password: '新密码', submit: '保存密码' },
    tryOn: {
      person: '人物照片',
      garment: '服装照片',
      submit: '开始试穿',
      result: '试穿结果',
      failed: /未能完成/,
      buy: '购买积分',
    },
    payments: {
      buyCreditsPack: '购买积分包',
      topUp: '自定义充值',
      topUpAmount: '金额(元)',
      topUpSubmit: '去支付',
    },
    success: { updating: /积分正在更新/, failed: /支付失败/, tryAgain: '重试' },
  },
};

/** The hosted page is the payment provider's, in English whatever the buyer reads. */
export const hosted = {
  cardNumber: /card number/i,
  pay: /^pay/i,
  cancel: /cancel|back/i,
  declined: /declined/i,
};
