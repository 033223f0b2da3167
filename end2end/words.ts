/**
 * The words by which the tests find things on pages, as a reader would. Only words that a test looks for; the
 * pages' own texts are the application's (`app/texts`). A label is matched whole, an expression anywhere.
 */

export type Language = 'en' | 'zh';

export interface Words {
  bar: { recharge: string };
  /** The way in for newcomers. */
  home: { start: string };
  dashboard: { tryOn: string };
  account: { signOut: string };
  signUp: { email: string; password: string; submit: string };
  signIn: { email: string; password: string; submit: string };
  forgot: { email: string; submit: string };
  reset: { password: string; submit: string };
  /** A day as a reader sees it, of a time in UTC. */
  date: (at: string) => string;
  tryOn: {
    person: string;
    garment: string;
    submit: string;
    /** The accessible name of the result's picture. */
    result: string;
    failed: RegExp;
    /** What stands where the button would be when nothing is left. */
    buy: string;
    paidByPlan: (left: number) => string;
  };
  /** Keeps what was chosen and leads to the payments. */
  keepAndBuy: string;
  video: {
    prompt: string;
    picture: string;
    wide: string;
    submit: string;
    /** The accessible name of the film. */
    film: string;
    animate: string;
    /** What was wanted before and could not be paid for. */
    kept: string;
    goOn: string;
  };
  toasts: { credited: (n: number, now: number) => string; taken: (n: number, now: number) => string; ready: string };
  gallery: { videos: string; remove: string; undo: string; restored: string; again: RegExp };
  payments: {
    buyCreditsPack: RegExp;
    buyWithCreem: RegExp;
    /** Opens the window of the custom top-up. */
    topUp: string;
    topUpAmount: string;
    topUpSubmit: string;
  };
  plan: {
    subscribe: RegExp;
    subscribeWithCreem: RegExp;
    begun: RegExp;
    monthly: string;
    unlimited: string;
    quota: string;
    used: (uses: number) => string;
    none: string;
    portal: string;
    /** Why the way there is closed. */
    verifyFirst: RegExp;
    /** Shows what ending means, and the button that does it. */
    end: string;
    endSure: string;
    /** The answer to it, and what stands on the pages until that day. */
    ends: RegExp;
    endsOn: (date: string) => string;
    resume: string;
    goesOn: RegExp;
    renews: RegExp;
    up: string;
    upSure: string;
    down: string;
    downSure: string;
    stay: string;
    staySure: string;
    /** That the smaller plan follows. */
    follows: (date: string) => string;
    hasOne: RegExp;
    surplus: RegExp;
    surplusReturned: RegExp;
    /** On the dashboard, and beside the plan. */
    unpaid: string;
    unpaidOwn: RegExp;
    rests: string;
  };
  /** What becomes of the money of a pack of ten credits. */
  returns: {
    refunded: RegExp;
    refundFailed: RegExp;
    /** The name of the state in the history. */
    stateRefunded: string;
    stateDisputed: string;
    stateCompleted: string;
    owing: (credits: number) => string;
    settledFirst: (credits: number) => RegExp;
    onHold: (credits: number) => string;
    disputeOpen: RegExp;
    disputeWon: RegExp;
    disputeLost: RegExp;
  };
  statement: {
    purchase: string;
    takenBack: string;
    givenBack: string;
    owed: string;
    settled: string;
    frozen: string;
    freed: string;
  };
  /** What an operator looks for who answers a question. */
  support: {
    purchases: string;
    people: string;
    searchPurchase: string;
    searchPerson: string;
    filter: string;
    pack: string;
    paidNotGranted: RegExp;
    mend: RegExp;
    mended: string;
    granted: string;
    statement: string;
    sums: string;
    cause: { try_on: string; own_deduction: string; deducted: string; taken_back: string };
  };
  /** An operator has stopped the spending. */
  stopped: { title: string; text: RegExp };
  success: { updating: RegExp; failed: RegExp; expired: RegExp; tryAgain: RegExp };
  cancelled: { goOn: string };
  receipt: { open: string; title: string; total: string; kept: string };
  /** Many wallets at once. */
  bulk: {
    rows: string;
    file: string;
    look: string;
    apply: RegExp;
    applied: string;
    reason: string;
    undo: string;
    undone: string;
    unreadable: RegExp;
    noAccount: string;
  };
  desk: {
    /** What can be done about a payment, and how. */
    payment: string;
    refund: string;
    dispute: string;
    won: string;
    lost: string;
    /** How a period ends. */
    period: string;
    paid: string;
    declined: string;
  };
}

export const words: Record<Language, Words> = {
  en: {
    bar: { recharge: 'Recharge' },
    home: { start: 'Create an account' },
    dashboard: { tryOn: 'Make a try-on' },
    account: { signOut: 'Sign out' },
    signUp: { email: 'E-mail address', password: 'Password', submit: 'Create account' },
    signIn: { email: 'E-mail address', password: 'Password', submit: 'Sign in' },
    forgot: { email: 'E-mail address', submit: 'Send me the link' },
    reset: { password: 'New password', submit: 'Save the new password' },
    date: (at) => new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(at)),
    tryOn: {
      person: 'The person',
      garment: 'The garment',
      submit: 'Make the picture',
      result: 'The picture with the garment on',
      failed: /did not work/i,
      buy: 'Recharge',
      paidByPlan: (left) => `One of the ${left} try-ons left in your plan`,
    },
    keepAndBuy: 'Keep what I chose and recharge',
    video: {
      prompt: 'What should happen',
      picture: 'The picture it begins with',
      wide: 'Wide, 16:9',
      submit: 'Make the video',
      film: 'The video',
      animate: 'Make a video of it',
      kept: 'What you wanted made is still here',
      goOn: 'Go on with my video',
    },
    toasts: {
      credited: (n, now) => `${n} credits added. You now have ${now}.`,
      taken: (n, now) => `${n} credits were taken off. You now have ${now}.`,
      ready: 'Your picture is ready.',
    },
    gallery: {
      videos: 'Videos',
      remove: 'Delete',
      undo: 'Undo',
      restored: 'It is back.',
      again: /^Make it again \(10 credits\)$/,
    },
    payments: {
      buyCreditsPack: /^Buy for .*Credits Pack/,
      buyWithCreem: /^Pay with Creem: .*Credits Pack/,
      topUp: 'Choose an amount',
      topUpAmount: 'Another amount',
      topUpSubmit: 'Go to the checkout',
    },
    plan: {
      subscribe: /^Subscribe to Premium Monthly/,
      subscribeWithCreem: /^Pay with Creem: .*Premium Monthly/,
      begun: /your plan has begun/i,
      monthly: 'Premium Monthly',
      unlimited: 'Premium Unlimited',
      quota: '100 try-ons a month',
      used: (uses) => `${uses} of 100 try-ons used in this period`,
      none: 'No plan',
      portal: 'Cards and invoices',
      verifyFirst: /verify your e-mail address first/,
      end: 'End this plan',
      endSure: 'End it on that day',
      ends: /plan ends with this period/,
      endsOn: (date) => `Ends on ${date}`,
      resume: 'Take the plan up again',
      goesOn: /plan goes on and renews/,
      renews: /Renews on .* for \$19\.00 a month/,
      up: 'Move up',
      upSure: 'Move up to Premium Unlimited now',
      down: 'Move down',
      downSure: 'Move down to Premium Monthly',
      stay: 'Stay on it',
      staySure: 'Stay on Premium Unlimited',
      follows: (date) => `From ${date} it goes on as Premium Monthly`,
      hasOne: /You have a plan already, so nothing was bought/,
      surplus: /You have a plan already/,
      surplusReturned: /this second one was ended\. Its money goes back/,
      unpaid: 'Your plan’s renewal is not paid yet',
      unpaidOwn: /the next one is not paid yet/,
      rests: 'Your plan is paused: its renewal was not paid',
    },
    returns: {
      refunded: /Refund of \$1\.90 on .*: sent/,
      refundFailed: /Refund of \$1\.90 on .*: failed, the money did not reach you/,
      stateRefunded: 'Refunded',
      stateDisputed: 'In dispute',
      stateCompleted: 'Completed',
      owing: (credits) => `Your account is ${credits} credits short`,
      settledFirst: (credits) => new RegExp(`${credits} credits settle what your account is short`),
      onHold: (credits) => `${credits} credits are on hold`,
      disputeOpen: /Dispute of \$1\.90, .*not decided yet/,
      disputeWon: /Dispute of \$1\.90, .*the payment stands/,
      disputeLost: /Dispute of \$1\.90, .*the money went back to the payer/,
    },
    statement: {
      purchase: 'Purchase: Credits Pack',
      takenBack: 'Money returned: Credits Pack',
      givenBack: 'Money not returned after all: Credits Pack',
      owed: 'Credits already spent: Credits Pack',
      settled: 'Settled from new credits',
      frozen: 'Payment in dispute: Credits Pack',
      freed: 'Dispute over: Credits Pack',
    },
    support: {
      purchases: 'Purchases',
      people: 'People',
      searchPurchase: 'Address, or any id',
      searchPerson: 'How an address begins, or an id',
      filter: 'Show',
      pack: 'Credits Pack',
      paidNotGranted: /^Stripe says that this was paid, and nothing was granted for it/,
      mend: /^Read it again and grant it/,
      mended: 'It is right now, and stands in the audit log.',
      granted: 'Paid and granted',
      statement: 'The whole statement, with its sums',
      sums: 'What it comes to',
      cause: {
        try_on: 'Try-ons, used or held',
        own_deduction: 'Deducted by the account itself',
        deducted: 'Taken off by an operator',
        taken_back: 'Taken back after a refund or a dispute',
      },
    },
    stopped: {
      title: 'Spending is paused',
      text: /Spending is paused while we look at your account\. Your credits are safe\. Write to help@example\.com/,
    },
    success: {
      updating: /credits are being updated/i,
      failed: /payment did not go through/i,
      expired: /this checkout has expired/i,
      tryAgain: /^Try again/,
    },
    cancelled: { goOn: 'Continue this checkout' },
    receipt: { open: 'Receipt', title: 'Receipt', total: 'Total paid', kept: 'Paid after returns' },
    bulk: {
      rows: 'Or its rows',
      file: 'A file (CSV or JSON)',
      look: 'Look at it first',
      apply: /^Apply 1 row$/,
      applied: 'Applied',
      reason: 'Reason',
      undo: 'Undo this batch',
      undone: 'Undone',
      unreadable: /Column 5 of the head is none of/,
      noAccount: 'No account has this address.',
    },
    desk: {
      payment: 'Refund or dispute',
      refund: 'Refund',
      dispute: 'Open a dispute',
      won: 'Dispute won, the payment stands',
      lost: 'Dispute lost, the money goes back',
      period: 'End the period now',
      paid: 'The next is paid',
      declined: 'The card is declined',
    },
  },
  zh: {
    bar: { recharge: '充值' },
    home: { start: '注册账户' },
    dashboard: { tryOn: '开始试穿' },
    account: { signOut: '退出登录' },
    signUp: { email: '邮箱', password: '密码', submit: '注册' },
    signIn: { email: '邮箱', password: '密码', submit: '登录' },
    forgot: { email: '邮箱', submit: '发送链接' },
    reset: { password: '新密码', submit: '保存新密码' },
    date: (at) => new Intl.DateTimeFormat('zh-CN', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(at)),
    tryOn: {
      person: '人物',
      garment: '衣服',
      submit: '制作图片',
      result: '穿上衣服后的图片',
      failed: /没有做成/,
      buy: '去充值',
      paidByPlan: (left) => `使用套餐中的 1 次试穿（剩 ${left} 次）`,
    },
    keepAndBuy: '保留所选内容并充值',
    video: {
      prompt: '要发生什么',
      picture: '起始图片',
      wide: '横屏 16:9',
      submit: '制作视频',
      film: '视频',
      animate: '做成视频',
      kept: '您要做的视频还在',
      goOn: '继续做视频',
    },
    toasts: {
      credited: (n, now) => `已到账 ${n} 点，当前余额 ${now} 点。`,
      taken: (n, now) => `已扣除 ${n} 点，当前余额 ${now} 点。`,
      ready: '您的图片做好了。',
    },
    gallery: { videos: '视频', remove: '删除', undo: '撤销', restored: '已恢复。', again: /^再做一次（10 点）$/ },
    payments: {
      buyCreditsPack: /^US\$1\.90 购买：点数包/,
      buyWithCreem: /^用 Creem 支付.*点数包/,
      topUp: '选择金额',
      topUpAmount: '其他金额',
      topUpSubmit: '前往付款',
    },
    plan: {
      subscribe: /^订购 高级月度/,
      subscribeWithCreem: /^用 Creem 支付.*高级月度/,
      begun: /套餐已生效/,
      monthly: '高级月度',
      unlimited: '高级无限',
      quota: '每月试穿 100 次',
      used: (uses) => `本期已用 ${uses} 次，共 100 次`,
      none: '未订购',
      portal: '银行卡与账单',
      verifyFirst: /请先验证您的邮箱/,
      end: '终止套餐',
      endSure: '到期终止',
      ends: /套餐将在本期结束时终止/,
      endsOn: (date) => `${date} 终止`,
      resume: '恢复套餐',
      goesOn: /套餐已恢复，将照常续订/,
      renews: /续订，每月 US\$19\.00/,
      up: '升级',
      upSure: '立即升级到 高级无限',
      down: '降级',
      downSure: '降级到 高级月度',
      stay: '继续使用',
      staySure: '继续使用 高级无限',
      follows: (date) => `${date} 起改为 高级月度`,
      hasOne: /您已有套餐，所以没有再次购买/,
      surplus: /您已有套餐/,
      surplusReturned: /这第二个套餐已终止，款项会自动退还/,
      unpaid: '套餐续费尚未付款',
      unpaidOwn: /下一期尚未付款/,
      rests: '套餐已暂停：续费没有付款',
    },
    returns: {
      refunded: /退款 US\$1\.90：已退出/,
      refundFailed: /退款 US\$1\.90：失败，款项没有退到您手中/,
      stateRefunded: '已退款',
      stateDisputed: '争议中',
      stateCompleted: '已完成',
      owing: (credits) => `账户欠 ${credits} 点`,
      settledFirst: (credits) => new RegExp(`${credits} 点会先抵扣欠额`),
      onHold: (credits) => `${credits} 点已冻结`,
      disputeOpen: /对 US\$1\.90 的争议：尚未裁定/,
      disputeWon: /对 US\$1\.90 的争议：已结束，付款有效/,
      disputeLost: /对 US\$1\.90 的争议：已结束，款项已退回付款人/,
    },
    statement: {
      purchase: '购买：点数包',
      takenBack: '款项退回：点数包',
      givenBack: '款项最终未退回：点数包',
      owed: '点数已用掉：点数包',
      settled: '用新点数抵扣',
      frozen: '付款有争议：点数包',
      freed: '争议结束：点数包',
    },
    support: {
      purchases: '购买记录',
      people: '用户',
      searchPurchase: '邮箱或任一 ID',
      searchPerson: '邮箱开头或 ID',
      filter: '查看',
      pack: '点数包',
      paidNotGranted: /^Stripe 显示已付款，但这里没有发放/,
      mend: /^重新读取并发放/,
      mended: '已更正，并记入审计日志。',
      granted: '已付款并发放',
      statement: '完整明细与合计',
      sums: '合计',
      cause: {
        try_on: '试穿：已用或预留',
        own_deduction: '账户自行扣除',
        deducted: '管理员扣除',
        taken_back: '因退款或争议收回',
      },
    },
    stopped: { title: '消费已暂停', text: /您的点数是安全的。请联系 help@example\.com/ },
    success: {
      updating: /点数正在更新/,
      failed: /付款没有成功/,
      expired: /付款页已过期/,
      tryAgain: /^重新付款/,
    },
    cancelled: { goOn: '继续付款' },
    receipt: { open: '收据', title: '收据', total: '实付总额', kept: '退款后实付' },
    bulk: {
      rows: '或直接粘贴内容',
      file: '文件（CSV 或 JSON）',
      look: '先预览',
      apply: /^执行 1 行$/,
      applied: '已执行',
      reason: '原因',
      undo: '撤销此批次',
      undone: '已撤销',
      unreadable: /首行第 5 列不是/,
      noAccount: '没有使用此邮箱的账户。',
    },
    desk: {
      payment: '退款或争议',
      refund: '退款',
      dispute: '发起争议',
      won: '争议胜诉，付款有效',
      lost: '争议败诉，款项退回',
      period: '立即结束本期',
      paid: '下一期付款成功',
      declined: '银行卡被拒绝',
    },
  },
};

/** The hosted pages are the payment provider's; they follow the browser, as the real ones do. */
export const hosted = {
  cardNumber: /card number|银行卡号/i,
  pay: /^(pay|支付)/i,
  cancel: /cancel and go back|取消并返回/i,
  declined: /declined|被拒绝/i,
  /** Of the portal. */
  otherPlan: /^(other plan|其他套餐)$/i,
  switchPlan: /switch plan now|立即更换套餐/i,
  endPlan: /cancel at the end of the period|到期后取消/i,
  payNow: /pay now|立即支付/i,
  back: /^(go back|返回)$/i,
};
