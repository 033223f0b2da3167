/**
 * The words by which the tests find things on pages, as a reader would. Only words that a test looks for; the
 * pages' own texts are the application's (`app/texts`). A label is matched whole, an expression anywhere.
 */

export type Language = 'en' | 'zh';

export interface Words {
  bar: { recharge: string };
  account: { signOut: string };
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
    buyCreditsPack: RegExp;
    /** Opens the window of the custom top-up. */
    topUp: string;
    topUpAmount: string;
    topUpSubmit: string;
  };
  plan: {
    subscribe: RegExp;
    begun: RegExp;
    portal: string;
    /** Shows what ending means, and the button that does it. */
    end: string;
    endSure: string;
    ends: RegExp;
    resume: string;
  };
  success: { updating: RegExp; failed: RegExp; tryAgain: RegExp };
}

export const words: Record<Language, Words> = {
  en: {
    bar: { recharge: 'Recharge' },
    account: { signOut: 'Sign out' },
    signUp: { email: 'E-mail address', password: 'Password', submit: 'Create account' },
    signIn: { email: 'E-mail address', password: 'Password', submit: 'Sign in' },
    forgot: { email: 'E-mail address', submit: 'Send me the link' },
    reset: { password: 'New password', submit: 'Save the new password' },
    tryOn: {
      person: 'The person',
      garment: 'The garment',
      submit: 'Make the picture',
      result: 'The picture with the garment on',
      failed: /did not work/i,
      buy: 'Recharge',
    },
    payments: {
      buyCreditsPack: /^Buy for .*Credits Pack/,
      topUp: 'Choose an amount',
      topUpAmount: 'Another amount',
      topUpSubmit: 'Go to the checkout',
    },
    plan: {
      subscribe: /^Subscribe to Premium Monthly/,
      begun: /your plan has begun/i,
      portal: 'Cards and invoices',
      end: 'End this plan',
      endSure: 'End it on that day',
      ends: /plan ends with this period/,
      resume: 'Take the plan up again',
    },
    success: { updating: /credits are being updated/i, failed: /payment did not go through/i, tryAgain: /^Try again/ },
  },
  zh: {
    bar: { recharge: '充值' },
    account: { signOut: '退出登录' },
    signUp: { email: '邮箱', password: '密码', submit: '注册' },
    signIn: { email: '邮箱', password: '密码', submit: '登录' },
    forgot: { email: '邮箱', submit: '发送链接' },
    reset: { password: '新密码', submit: '保存新密码' },
    tryOn: {
      person: '人物',
      garment: '衣服',
      submit: '制作图片',
      result: '穿上衣服后的图片',
      failed: /没有做成/,
      buy: '去充值',
    },
    payments: {
      buyCreditsPack: /^US\$1\.90 购买/,
      topUp: '选择金额',
      topUpAmount: '其他金额',
      topUpSubmit: '前往付款',
    },
    plan: {
      subscribe: /^订购 高级月度/,
      begun: /套餐已生效/,
      portal: '银行卡与账单',
      end: '终止套餐',
      endSure: '到期终止',
      ends: /套餐将在本期结束时终止/,
      resume: '恢复套餐',
    },
    success: { updating: /点数正在更新/, failed: /付款没有成功/, tryAgain: /^重新付款/ },
  },
};

/** The hosted page is the payment provider's; it follows the browser, as the real one does. */
export const hosted = {
  cardNumber: /card number|银行卡号/i,
  pay: /^(pay|支付)/i,
  cancel: /cancel and go back|取消并返回/i,
  declined: /declined|被拒绝/i,
};
