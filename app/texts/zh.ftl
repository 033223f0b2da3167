# Atelier，简体中文。
#
# 数字以格式化好的字符串传入（$n、$amount、$left……）；$count 是同一个数的原值，中文不分单复数，可以不用。
# 金额（$price 等）与日期同样已格式化。bar-toast-… 由浏览器填入，渲染时参数就是 "{n}"、"{balance}"。

-brand = Atelier

## 通用

common-title = { $page } · { -brand }
common-description = { -brand } 把衣服“穿”到人物照片上。预付点数，余额永远准确，失败的图片不收一分。
common-skip = 跳到正文
common-sandbox = 沙盒环境：不会产生真实付款。
common-sandbox-more = 这是什么？
common-credits = { $n } 点
common-trials = { $n } 次免费试用
common-unlimited = 不限次数
common-close = 关闭
common-optional = 选填
common-page-next = 下一页
common-pages = 翻页
common-follows = 在制作完成之前，本页每隔几秒自动刷新。
common-stay = 停留在当前页面
common-or = 或
common-look-again = 再看一次
common-offline = 网络已断开，本页数字可能不是最新的；恢复连接后会自动更新。
common-errors-heading = 有 { $n } 处需要修改

## 顶栏

bar-label = 主导航
bar-home = { -brand } 首页
bar-brand = { -brand }
bar-try-on = 试穿
bar-video = 视频
bar-dashboard = 概览
bar-payments = 充值
bar-statement = 明细
bar-account = 账户
bar-prices = 价格
bar-sign-in = 登录
bar-sign-up = 注册
bar-sign-out = 退出登录
language-name = 中文
language-switch = 切换到中文
bar-credits = 点
bar-unit = 点
bar-recharge = 充值
bar-toasts = 消息
bar-toast-credited = 已到账 { $n } 点，当前余额 { $balance } 点。
bar-toast-taken = 已扣除 { $n } 点，当前余额 { $balance } 点。
bar-toast-succeeded = { $tool ->
    [video] 您的视频做好了。
   *[other] 您的图片做好了。
}
bar-toast-failed = { $tool ->
    [video] 有一段视频没能做成，没有扣费。
   *[other] 有一张图片没能做成，没有扣费。
}
bar-toast-cancelled = { $tool ->
    [video] 视频已取消，没有扣费。
   *[other] 图片已取消，没有扣费。
}
bar-toast-see = 去看看
bar-toast-signed-out = 您已退出登录。
bar-toast-reload = 重新登录
bar-toast-close = 关闭此消息

## 页脚

foot-label = 更多
foot-terms = 服务条款
foot-privacy = 隐私说明
foot-tagline = 账目清楚的 AI 工作室。
foot-seller = 由 { $seller } 提供

## 首页

home-page = 预付点数的虚拟试穿
home-title = 先在照片里穿一穿。
home-lead = 给 { -brand } 一张人物照片和一张衣服照片，就能得到一张穿好的图片。用点数付费；没做成的图片不收费。
home-start = 注册账户
home-start-note = 新账户赠送 { $credits } 点和 { $trials } 次免费试用，无需绑卡。
home-start-note-verified = 验证邮箱即送 { $credits } 点和 { $trials } 次免费试用，无需绑卡。
home-sign-in = 我已有账户
home-picture-person = 试穿前的人物照片
home-picture-garment = 单独的衣服照片
home-picture-result = 同一个人穿上这件衣服
home-caption-person = 您的照片
home-caption-garment = 衣服
home-caption-result = 得到的效果
home-welcome = { $name }，欢迎回来。
home-welcome-anonymous = 欢迎回来。
home-welcome-lead = 您现在还可以试穿 { $n } 次。
home-welcome-lead-unlimited = 您的套餐不限试穿次数。
home-welcome-lead-none = 您的试穿次数已用完。
home-go-try-on = 开始试穿
home-go-video = 做视频
home-go-dashboard = 打开概览
home-how-title = 怎么用
home-how-photo-title = 选一张人物照片
home-how-photo-text = 正面站立、光线充足的效果最好。也可以先用我们的示例。
home-how-garment-title = 再选一件衣服
home-how-garment-text = 平铺图、挂拍图，或别人穿着的照片都可以。支持上装、下装和连体款式。
home-how-result-title = 对比并下载
home-how-result-text = 拖动滑块对比前后效果，下载图片，或接着试下一件。
home-till-title = 信得过的余额
home-till-fresh-title = 数字永远是真的
home-till-fresh-text = 每次打开页面都现查余额；已经打开的页面，无论几个标签页，都会自动更新。
home-till-failed-title = 没做成就不收费
home-till-failed-text = 开始制作时先预留点数，没有成功会自动退回。
home-till-explained-title = 每一点都有交代
home-till-explained-text = 点数明细列出每一笔变动：做了什么、为什么、什么时候、之后余额多少，还能下载成表格。
home-prices-title = 价格
home-prices-lead = 试穿一次 { $try_on }。购买的点数长期有效。
home-prices-plans = 也可以订购套餐：试穿先由套餐支付，不动用点数。
home-prices-all = 查看全部价格并购买

## 登录与注册

auth-sign-up-page = 注册账户
auth-sign-up-title = 注册账户
auth-sign-up-lead = 注册即有 { $credits } 点和 { $trials } 次免费试用。
auth-sign-up-button = 注册
auth-sign-up-pending = 正在注册……
auth-sign-up-have = 已经有账户了？
auth-sign-up-terms = 注册即表示您同意{ $terms }和{ $privacy }。
auth-sign-in-page = 登录
auth-sign-in-title = 欢迎回来
auth-sign-in-button = 登录
auth-sign-in-pending = 正在登录……
auth-sign-in-new = 还没有账户？
auth-sign-in-wrong = 邮箱和密码不匹配，请检查后重试。
auth-sign-in-limited = 尝试次数过多，请等 { $minutes } 分钟后再试。您的账户没有问题。
auth-sign-in-first = 请先登录，之后会回到刚才的页面。
auth-sign-in-paid = 请登录查看这笔付款。无论是否登录，点数都会到账。
auth-sign-in-demo = 沙盒账户：{ $email }，密码 { $password }
auth-email = 邮箱
auth-password = 密码
auth-password-new = 新密码
auth-password-hint = 至少 { $n } 个字符，用一句短话就很好。
auth-name = 称呼
auth-name-hint = 我们怎么称呼您，可以不填。
auth-forgot-link = 忘记密码？
auth-forgot-page = 忘记密码
auth-forgot-title = 重设密码
auth-forgot-lead = 填写您的邮箱，我们会发送一个 { $minutes } 分钟内有效的链接。
auth-forgot-button = 发送链接
auth-forgot-pending = 正在发送……
auth-forgot-sent-page = 请查收邮件
auth-forgot-sent-title = 请查收邮件
auth-forgot-sent-text = 如果 { $email } 在这里有账户，链接已经发出。链接只能用一次，{ $minutes } 分钟内有效。
auth-forgot-sent-none = 几分钟后还没收到？请看看垃圾邮件箱，或核对邮箱地址后重试。
auth-forgot-sent-sandbox = 查看沙盒邮件
auth-forgot-again = 换一个邮箱
auth-reset-page = 设置新密码
auth-reset-title = 设置新密码
auth-reset-lead = 设置后，所有设备上的登录都会失效，请用新密码重新登录。
auth-reset-button = 保存新密码
auth-reset-pending = 正在保存……
auth-reset-done = 新密码已设置，请用它登录。
auth-reset-bad-page = 链接无效
auth-reset-bad-title = 这个链接已失效
auth-reset-bad-text = 它已经用过，或者已过期。如果您还没有用它设置新密码，请重新获取链接。
auth-reset-bad-button = 重新获取链接
auth-verify-page = 邮箱已验证
auth-verify-title = 您的邮箱已验证
auth-verify-text = 谢谢，以后我们可以通过这个邮箱联系您。
auth-verify-button = 前往概览
auth-verify-bad-page = 链接无效
auth-verify-bad-title = 这个链接已失效
auth-verify-bad-text = 它已经用过，或者已过期。如果您的邮箱还没验证，请到账户页重新获取链接。
auth-verify-bad-button = 打开账户页
auth-change-page = 确认新邮箱
auth-change-title = 从现在起使用这个邮箱吗？
auth-change-lead = 您的账户邮箱将改为 { $email }。以后用它登录，邮件也发到这里。
auth-change-button = 使用这个邮箱
auth-change-pending = 正在更换……
auth-change-taken = 这个邮箱在此期间已注册了自己的账户，所以您的账户邮箱没有改变。
auth-change-done-page = 邮箱已更换
auth-change-done-title = 您的邮箱已更换
auth-change-done-text = 以后请用它登录。已登录的设备保持登录。
auth-change-done-button = 打开账户页
auth-change-bad-page = 链接无效
auth-change-bad-title = 这个链接已失效
auth-change-bad-text = 它已经用过、已过期，或者此后设置了新密码、又更换了邮箱。账户页显示的就是您现在的邮箱。
auth-sign-out-pending = 正在退出……

## 表单提示

field-email-invalid = 邮箱格式不对，应该像 mei@example.com 这样。
field-email-taken = 这个邮箱已经注册过了。
field-email-taken-link = 直接登录
field-password-short = 至少需要 { $n } 个字符。
field-amount-range = 请填写 { $min } 到 { $max } 元之间的金额。
field-person-missing = 请选择一张人物照片，或使用示例。
field-garment-missing = 请选择一张衣服照片，或使用示例。
field-picture-too-large = 图片超过了 { $limit }，请换一张小一些的。
field-picture-type = 只支持 JPEG、PNG 和 WebP 图片。
field-picture-broken = 无法读取这个文件，图片可能已损坏。
field-picture-missing = 请选择一张起始图片，或使用示例。
field-prompt-missing = 请描述要发生什么。
field-prompt-long = 最多 { $n } 个字符。
field-picture-animated = 这是一张动图，请换一张静态图片。
field-picture-too-small = 图片太小，每边至少需要 { $n } 像素。
field-picture-too-many-pixels = 图片像素过多：最多支持 { $millions }00 万像素，单边不超过 { $side } 像素，请缩小后再试。
field-unknown-item = 该商品已下架，请选择其他商品。

## 概览

dash-page = 概览
dash-title = 概览
dash-title-name = 您好，{ $name }
dash-uses = 剩余试穿次数
dash-uses-credits = 点数可用 { $n } 次
dash-uses-plan = 套餐可用 { $n } 次
dash-uses-plan-unlimited = 由套餐支付
dash-make = 开始试穿
dash-recharge = 充值
dash-first-title = 一切就绪
dash-first-text = 您的账户有 { $credits }和 { $trials }。选两张图片试试看，第一次用示例就好。
dash-empty-title = 已经用完了
dash-empty-text = 您的点数和免费试用都已用完。最小的点数包是 { $credits }，{ $price }。
dash-debt-title = 账户欠 { $n } 点
dash-debt-text = 有一笔付款在点数用掉之后被退回。之后购买或退回的点数会先抵扣欠额。免费试用和套餐次数仍可使用。
dash-frozen-title = { $n } 点已冻结
dash-frozen-text = 对应的付款正处于争议中。付款最终有效，点数就会解冻；款项被退回，点数则会扣回。
dash-plan-unpaid-title = 套餐续费尚未付款
dash-plan-rests-title = 套餐已暂停：续费没有付款
dash-plan-ends-title = { $plan } 将于 { $date } 终止
dash-plan-ends-text = 在此之前一切照旧，您购买的点数不受影响。
dash-verify-title = 请验证邮箱
dash-verify-text = 我们已向 { $email } 发送链接。打开它，以后就能随时找回账户。
dash-verify-text-credits = 我们已向 { $email } 发送链接。打开它即可获得 { $credits } 点。
dash-verify-resend = 重新发送
dash-verify-sent = 新的链接已发出。
dash-credits-title = 点数
dash-remaining = 剩余
dash-total = 累计获得
dash-used = 已使用
dash-held = 制作中预留
dash-frozen = 冻结
dash-removed = 扣回或过期
dash-debt = 欠额
dash-trials = 剩余免费试用
dash-trials-of = 共 { $n } 次
dash-plan = 套餐
dash-plan-none = 未订购
dash-plan-see = 查看套餐
dash-plan-manage = 管理套餐
dash-plan-unpaid = 续费尚未付款，可继续使用到 { $date }。
dash-plan-ends = { $date } 终止。
dash-sum-title = 这些数字怎么对上
dash-sum-given = 累计获得：其中 { $initial } 点为初始赠送，{ $bonus } 点为额外赠送。
dash-sum-link = 每一笔变动都在明细里
dash-charts-title = 最近 30 天
dash-chart-used = 每日使用点数
dash-chart-used-label = 最近 30 天每日使用点数，共 { $n }。
dash-chart-used-none = 最近 30 天没有使用点数。
dash-chart-balance = 每日结束时的余额
dash-chart-balance-label = 最近 30 天每日结束时的余额：起初 { $first }，现在 { $last }。
dash-chart-day = { $day }：{ $n }
dash-chart-table = 以表格查看
dash-chart-date = 日期
dash-chart-received = 收入
dash-jobs-title = 最近的作品
dash-jobs-all = 查看全部
dash-jobs-none = 您的图片和视频会出现在这里。

## 充值

pay-page = 充值
pay-title = 充值
pay-lead = 一次购买点数，随时使用；也可以订购试穿套餐。
pay-balance = 当前余额
pay-balance-debt = 购买的点数中，{ $n } 点会先抵扣欠额。
pay-packs-title = 点数包
pay-pack-credits = 点
pay-pack-bonus = 含赠送 { $n } 点
pay-pack-each = 每点 { $price }
pay-pack-tryons = 可试穿 { $n } 次
pay-pack-buy = { $price } 购买
pay-pack-buy-label = { $price } 购买：{ $pack }，{ $n } 点
pay-pack-pending = 正在打开付款页……
pay-pack-best = 单价最低
pay-topup-title = 自定金额
pay-topup-lead = 人民币充值：1 元 = { $rate } 点，可充 { $min } 到 { $max }。
pay-topup-open = 选择金额
pay-topup-window = 人民币充值
pay-topup-quick = 快捷金额
pay-topup-quick-buy = 支付 { $price }
pay-topup-amount = 其他金额
pay-topup-amount-hint = 整数金额，{ $min } 到 { $max } 元
pay-topup-gives = 可得
pay-topup-buy = 前往付款
pay-topup-pending = 正在打开付款页……
pay-provider = 您将在 { $provider } 的页面付款，我们不会接触到您的银行卡信息。
pay-with = 用 { $provider } 支付
pay-with-label = 用 { $provider } 支付：{ $what }
pay-agree-credits = 购买即表示您同意{ $terms }，并要求我们立即提供服务。在欧盟，对届时已使用的点数不再享有撤回权。
pay-agree-plan = 订购即表示您同意{ $terms }，并要求我们立即提供服务。在欧盟，如果撤回订购，已使用的部分仍需付费。套餐会自动续订，您可以随时在这里终止。
pay-agree-terms = 服务条款（版本 { $version }）
pay-tax-inclusive = 价格已含税。
pay-tax-exclusive = 税费在付款时另计。
pay-plans-title = 套餐
pay-plans-lead = 试穿先用套餐次数；用完后用点数，最后用免费试用。套餐不会动用您购买的点数。
pay-plan-price-month = 每月 { $price }
pay-plan-price-year = 每年 { $price }
pay-plan-each-month = 每月
pay-plan-each-year = 每年
pay-plan-quota-month = 每月试穿 { $n } 次
pay-plan-quota-year = 每年试穿 { $n } 次
pay-plan-unlimited = 试穿不限次数
pay-plan-no-video = 不含视频
pay-plan-subscribe = 订购
pay-plan-subscribe-label = 订购 { $plan }，{ $price }
pay-plan-left = { $plan } 已终止，可使用到 { $date }。
pay-own-title = 您的套餐
pay-own-used = 本期已用 { $used } 次，共 { $quota } 次
pay-own-used-unlimited = 本期已试穿 { $n } 次
pay-own-renews = { $date } 续订。
pay-own-renews-for = { $date } 续订，{ $price }。
pay-own-renews-as = { $date } 起改为 { $plan }，{ $price }。
pay-own-ends = { $date } 终止，之后不再扣款，您购买的点数不受影响。
pay-own-unpaid = 本期已于 { $date } 结束，下一期尚未付款。套餐可继续使用到 { $until }（UTC）。如果银行卡被拒，请在“银行卡与账单”中更换。
pay-own-rests = 上一次续费没有付款，套餐暂时无法使用。在“银行卡与账单”中付清后立即恢复。
pay-own-waits = 您的套餐正在更新，完成后本页会自动更新。
pay-own-portal = 银行卡与账单
pay-own-portal-pending = 正在打开……
pay-own-pending = 请稍候……
pay-own-others = 更换套餐
pay-own-end = 终止套餐
pay-own-end-sure = 套餐可使用到 { $date }，之后终止，不再扣款，您购买的点数不受影响。在那之前，您可以随时恢复套餐。
pay-own-end-button = 到期终止
pay-own-resume = 恢复套餐
pay-own-up = 升级
pay-own-up-sure = 立即改为 { $plan }。本期剩余时间的差价现在从套餐绑定的银行卡扣款，已用的次数照算。从下一期起{ $price }。
pay-own-up-button = 立即升级到 { $plan }
pay-own-stay = 继续使用
pay-own-stay-sure = 不再更换：从下一期起仍为 { $plan }，{ $price }。现在不扣款。
pay-own-stay-button = 继续使用 { $plan }
pay-own-down = 降级
pay-own-down-sure = 已付款的本期照常使用到结束，现在不扣款；从下一期起改为 { $plan }，{ $price }。
pay-own-down-button = 降级到 { $plan }
pay-refund-pending = { $date } 退款 { $amount }：正在退回途中。
pay-refund-succeeded = { $date } 退款 { $amount }：已退出，银行可能需要几天才会显示。
pay-refund-failed = { $date } 退款 { $amount }：失败，款项没有退到您手中；因此扣回的点数已还给您。
pay-refund-failed-plan = { $date } 退款 { $amount }：失败，款项没有退到您手中；您付款购买的内容重新有效。
pay-dispute-open = { $date } 起对 { $amount } 的争议：尚未裁定，在此之前这笔购买的点数不能使用。
pay-dispute-open-plan = { $date } 起对 { $amount } 的争议：尚未裁定。
pay-dispute-won = { $date } 起对 { $amount } 的争议：已结束，付款有效，这笔购买的点数已解冻。
pay-dispute-won-plan = { $date } 起对 { $amount } 的争议：已结束，付款有效。
pay-dispute-lost = { $date } 起对 { $amount } 的争议：已结束，款项已退回付款人，所购点数已扣回。
pay-dispute-lost-plan = { $date } 起对 { $amount } 的争议：已结束，款项已退回付款人，对应的这一期已终止。
pay-held-back = 我们已收到您的付款，但它与订单有不符之处，所以还没有到账。我们会查看。联系 { $contact } 时，请注明付款编号 { $id }。
pay-held-surplus = 您当时已有套餐，所以这第二个套餐已终止，款项会自动退还给您。
pay-history-title = 付款记录
pay-history-none = 还没有付款。您购买的内容和收据会列在这里。
pay-history-date = 日期
pay-history-item = 商品
pay-history-credits = 点数
pay-history-amount = 金额
pay-history-status = 状态
pay-history-method = 支付方式
pay-history-difference = 升级差价
pay-history-receipt = 收据
pay-history-receipt-label = { $date } 付款 { $amount } 的收据
pay-history-continue = 继续付款
pay-history-again = 重试
pay-item-top-up = 自定金额充值
pay-method-card = 银行卡
pay-method-alipay = 支付宝
pay-method-wechat-pay = 微信支付
pay-method-bank = 银行转账
pay-method-other = 其他
pay-status-pending = 等待付款
pay-status-completed = 已完成
pay-status-failed = 失败
pay-status-cancelled = 已过期
pay-status-partially-refunded = 部分退款
pay-status-refunded = 已退款
pay-status-disputed = 争议中
pay-plan-has-one = 您已有套餐，所以没有再次购买。可以在下面更改套餐。
pay-plan-none = 已经没有可更改的套餐，没有扣款。
pay-plan-changed = 套餐已更改，现在的套餐和后续安排见下方。
pay-plan-ends = 套餐将在本期结束时终止。在此之前一切照旧，您也可以随时恢复。
pay-plan-goes-on = 套餐已恢复，将照常续订。
pay-plan-refused = 支付服务没有同意这项更改。未作任何更改，也未扣款。请在“银行卡与账单”中检查您的银行卡。
pay-plan-unknown = 支付服务没有及时答复，我们还不知道套餐是否已更改。请过一分钟再来这里查看，然后再决定是否重试。
pay-portal-verify = 请先验证您的邮箱：该支付服务通过邮箱识别您。
pay-error-unavailable = 支付服务暂时没有响应，没有扣款。请稍后再试。

## 付款成功

success-page = 付款成功
success-title = 谢谢，点数已到账。
success-title-plan = 谢谢，套餐已生效。
success-text-plan = 已付款 { $price }。从现在起，试穿由套餐支付。
success-plan-quota = 套餐内容
success-plan-renews = 续订日期
success-plan-ends = 终止日期
success-text = 已到账 { $n } 点，付款 { $price }。
success-text-bonus = 已到账 { $n } 点（含赠送 { $bonus } 点），付款 { $price }。
success-balance = 当前余额
success-receipt = 打开收据
success-leave = { $seconds } 秒后前往概览。
success-leave-counted = { $n } 秒后前往概览。
success-stay = 留在本页
success-dashboard = 前往概览
success-try-on = 开始试穿
success-draft-title = 您准备好的内容还在
success-draft-text = 从刚才的地方继续。
success-draft-button = { $tool ->
    [video] 继续做视频
   *[other] 继续试穿
}
success-updating-page = 点数正在更新
success-updating-page-plan = 套餐正在更新
success-updating-title = 您的点数正在更新
success-updating-title-plan = 您的套餐正在更新
success-updating-text-delayed = 银行还在确认这笔付款。确认后点数立即到账，所有打开的页面都会显示。
success-updating-text-unknown = 支付服务还没有答复。如果您已付款，点数会自动到账，到账后本页会自动更新。
success-updating-text-delayed-plan = 您的付款还在确认。确认后套餐立即生效，所有打开的页面都会显示。
success-updating-text-unknown-plan = 支付服务还没有答复。如果您已付款，套餐会自动生效，生效后本页会自动更新。
success-updating-status = 正在更新
success-updating-next-title = 还需要一点时间
success-updating-next = 不会有任何损失，您也无需做什么。我们会自动继续查询，付款一经确认点数就会到账，关闭本页也没关系。如果到明天仍未到账，请联系 { $contact }，并注明付款编号 { $id }。
success-updating-next-plan = 不会有任何损失，您也无需做什么。我们会自动继续查询，付款一经确认套餐就会生效，关闭本页也没关系。如果到明天仍未生效，请联系 { $contact }，并注明付款编号 { $id }。
success-updating-again = 再看一次
success-unpaid-page = 尚未付款
success-unpaid-title = 还没有付款
success-unpaid-text = 付款页仍然可用。付款完成后，点数立即到账。
success-failed-page = 付款失败
success-failed-title = 付款没有成功
success-unpaid-text-plan = 付款页仍然可用。付款完成后，套餐立即生效。
success-failed-text = 没有扣款，也没有到账任何内容。
success-failed-again = 重新付款 { $price }
success-failed-other = 选择其他商品
success-expired-page = 付款页已过期
success-expired-title = 这个付款页已过期
success-expired-text = 打开一小时内没有付款，没有扣款。
success-surplus-page = 您已有套餐
success-surplus-title = 您已有套餐
success-surplus-status = 退款中
success-surplus-text = 在您付款期间，您的另一个套餐已经生效。我们为您保留那一个；这第二个套餐已立即终止，款项会自动退回原付款方式，您无需做什么。
success-missing-page = 找不到付款
success-missing-title = 找不到这笔付款
success-missing-text = 链接可能不完整，或属于另一个账户。您付过的款项一定会到账。
success-missing-button = 查看我的付款

## 收据

receipt-page = 收据
receipt-title = 收据
receipt-sandbox = 沙盒环境中生成：没有真实付款，不能作为税务凭证。
receipt-number = 编号
receipt-date = 付款日期
receipt-paid-with = 支付方式
receipt-payment = 支付流水号
receipt-seller = 销售方
receipt-buyer = 购买方
receipt-tax-id = 税号 { $id }
receipt-period = 期间：{ $from } 至 { $to }
receipt-difference = 升级后本期剩余时间的差价
receipt-tax = 税费
receipt-discount = 折扣
receipt-total = 实付总额
receipt-refund = { $date } 退款
receipt-refund-pending = { $date } 退款（退回途中）
receipt-dispute = { $date } 争议后退回
receipt-kept = 退款后实付
receipt-merchant = 这笔交易由 { $provider } 作为登记商户销售，税务以其开具的发票为准。
receipt-provider = 打开 { $provider } 的收据
receipt-print = 需要打印或保存为 PDF 时，请使用浏览器的打印功能（Ctrl+P，Mac 上为 ⌘P）。只会打印收据本身。
receipt-back = 我的全部付款

## 未付款

cancelled-page = 付款未完成
cancelled-title = 没有付款
cancelled-text = 您在付款前返回了，没有扣款。
cancelled-text-open = 付款页会保留一小时，您可以随时回来继续。
cancelled-continue = 继续付款
cancelled-other = 选择其他商品
cancelled-dashboard = 前往概览

## 试穿

tryon-page = 试穿
tryon-title = 开始试穿
tryon-lead = 两张图片合成一张。支持 JPEG、PNG、WebP，每张不超过 { $limit }。
tryon-person = 人物
tryon-person-hint = 正面、露出手臂、光线充足。
tryon-garment = 衣服
tryon-garment-hint = 商品图，或别人穿着的照片。
tryon-choose = 选择照片
tryon-choose-other = 换一张照片
tryon-drop = 或拖到这里
tryon-samples = 或者先用示例
tryon-sample-own = 我的照片
tryon-sample-ada = 站立的 Ada
tryon-sample-noor = 站立的 Noor
tryon-sample-tee = T 恤
tryon-sample-stripes = 条纹上衣
tryon-sample-dress = 连衣裙
tryon-sample-trousers = 长裤
tryon-preview-person = 人物照片预览
tryon-preview-garment = 衣服照片预览
tryon-category = 衣服类别
tryon-category-auto = 自动识别
tryon-category-tops = 上装
tryon-category-bottoms = 下装
tryon-category-one-piece = 连体
studio-provider-sandbox = 本站自带的沙盒
tryon-consent = 发送图片即表示照片里是您本人，或您有权使用。照片会发送给{ $provider }用于制作，其他人看不到；原图在 { $days } 天后删除。
consent-again = 发送图片意味着什么
tryon-cost-title = 费用
tryon-cost-credits = { $n } 点（您有 { $left } 点）
tryon-cost-plan = 使用套餐中的 1 次试穿（剩 { $left } 次）
tryon-cost-plan-unlimited = 已包含在套餐内
tryon-cost-trial = 使用 1 次免费试用（剩 { $left } 次）
tryon-cost-trial-last = 使用最后 1 次免费试用
tryon-cost-promise = 图片做成后才会扣除。
tryon-button = 制作图片
tryon-pending = 正在上传图片……
tryon-upload = 上传中
tryon-upload-failed = 我们不确定图片是否已送达。请检查网络后再按一次按钮：同样的图片不会重复扣费。
tryon-none-title = 试穿次数已用完
tryon-none-text = 试穿一次需要 { $cost }，您有 { $left }。
tryon-none-debt = 您的账户欠 { $debt }，购买后会先抵扣。
tryon-none-button = 去充值
order-keep-and-buy = 保留所选内容并充值
tryon-none-quick = { $pack }：{ $credits }，{ $price }
tryon-none-kept = 您的图片会私密保存 { $hours } 小时，购买后可以继续。
tryon-draft-title = 您之前选的图片还在
tryon-draft-use = 用它们生成图片
tryon-draft-discard = 丢弃
tryon-unavailable = 工作室暂时没有响应，没有扣费。请过几分钟再试。
tryon-earlier = 之前的照片
tryon-camera = 拍照

## 视频

video-page = 视频
video-title = 做一段视频
video-lead = { $ways ->
    [picture] 让图片动起来。JPEG、PNG 或 WebP，最大 { $limit }。
    [prompt] 几句话变成一段短片，可以配一张起始图片。
   *[any] 几句话、一张图片，或两者一起，变成一段短片。图片为 JPEG、PNG 或 WebP，最大 { $limit }。
}
video-prompt = 要发生什么
video-prompt-hint = 谁或什么、怎么动、光线、镜头。
video-prompt-example = 她转向镜头微笑；镜头缓缓推近，傍晚的光。
video-picture = 起始图片
video-picture-hint = 短片从它开始，画幅按您的选择裁切。
video-preview = 图片预览
video-aspect = 画幅
video-aspect-tall = 竖屏 9:16
video-aspect-wide = 横屏 16:9
video-aspect-square = 方形 1:1
video-seconds = 时长
video-seconds-choice = { $n } 秒
video-consent = 发送图片即表示您有权使用它。图片和文字会发送给{ $provider }制作视频，其他人看不到，原图在 { $days } 天后删除。
video-cost-promise = 视频做成后才会扣除。
video-button = 制作视频
video-pending = 正在发送……
video-none-title = 点数不够做视频
video-none-text = 一段视频需要 { $cost }，您还有 { $left }。试用和套餐只用于试穿。
video-draft-title = 您要做的视频还在
video-draft-use = 制作视频
video-unavailable = 现在无法制作视频，没有扣费，请几分钟后再试。

## 作品

job-page-queued = 排队中
job-page-running = 制作中
job-page-succeeded = { $tool ->
    [video] 您的视频
   *[other] 您的图片
}
job-page-failed = { $tool ->
    [video] 没有做成视频
   *[other] 没有做成图片
}
job-page-cancelled = 已取消
job-gallery-page = 作品
job-gallery-title = 您的作品
job-gallery-none-title = 这里还是空的
job-gallery-none-text = 做一次试穿或一段视频，就会出现在这里，可以下载。
job-gallery-none-filtered = 没有这一类作品。
job-gallery-show = 显示
job-gallery-all = 全部
job-gallery-pictures = 图片
job-gallery-videos = 视频
job-gallery-done = 已完成
job-gallery-failed = 失败
job-tool-try-on = 试穿
job-tool-video = 视频
job-state-queued = 排队中
job-state-running = 制作中
job-state-succeeded = 完成
job-state-failed = 失败
job-state-cancelled = 已取消
job-queued-title = { $tool ->
    [video] 您的视频正在排队
   *[other] 您的图片正在排队
}
job-queued-text = { $tool ->
    [video] 一有空位就开始。可以关闭本页，视频会出现在您的作品里。
   *[other] 一有空位就开始。可以关闭本页，图片会出现在您的作品里。
}
job-running-title = { $tool ->
    [video] 正在制作您的视频
   *[other] 正在制作您的图片
}
job-running-text = { $tool ->
    [video] 视频比图片要久一些。可以关闭本页，它会出现在您的作品里。
   *[other] 可以关闭本页，图片会出现在您的作品里。
}
job-progress = 进度
job-cancel = 取消
job-cancel-pending = 正在取消……
job-cancel-late = { $tool ->
    [video] 您申请了取消，但工作室已经在制作，所以视频归您。
   *[other] 您申请了取消，但工作室已经在制作，所以图片归您。
}
job-cancel-requested = { $tool ->
    [video] 您已申请取消。工作室不一定能停下；如果仍然做完，视频归您。
   *[other] 您已申请取消。工作室不一定能停下；如果仍然做完，图片归您。
}
job-paid-trial = 免费试用
job-paid-plan = 套餐
job-returned-credits = 已退回 { $n } 点
job-returned-trial = 已退回免费试用
job-returned-plan = 已退回套餐次数
job-succeeded-title = 做好了
job-before = 试穿前
job-after = 试穿后
job-before-alt = 试穿前的照片
job-after-alt = 穿上衣服后的图片
job-picture-alt = 起始图片
job-video-label = 视频
job-garment-alt = 衣服
job-compare = 拖动以对比前后
job-download = 下载
job-again = { $tool ->
    [video] 再做一段视频
   *[other] 再试一件
}
job-retry-other = { $tool ->
    [video] 修改要求
   *[other] 换其他图片
}
job-delete = 删除
job-delete-pending = 正在删除……
job-deleted = 已删除。
job-undo = 撤销
job-undo-pending = 正在恢复……
job-restored = 已恢复。
job-rerun = 再做一次（{ $cost }）
job-rerun-pending = 正在提交……
job-originals-gone = 制作所用的图片已不再保留，请重新选择。
job-animate = 做成视频
job-made = 完成时间
job-started = 开始时间
job-kind = 类别
job-prompt = 描述
job-shape = 画幅和时长
job-shape-text = { $aspect }，{ $seconds } 秒
job-held = 预留
job-paid = 支付
job-id = 编号
job-preview-note = { $tool ->
    [video] 沙盒预览：用简单的镜头移动代替真实制作。
   *[other] 沙盒预览：用简单拼贴代替真实制作。
}
job-failed-title = 这张没有做成
job-cancelled-title = 已取消
job-cancelled-text = { $tool ->
    [video] 没有制作视频。
   *[other] 没有制作图片。
}
job-error-image-load = { $tool ->
    [video] 图片无法打开。请另存为 JPEG 或 PNG 后重试。
   *[other] 有一张图片无法打开。请另存为 JPEG 或 PNG 后重试。
}
job-error-content-moderation = { $tool ->
    [video] 工作室不处理这张图片或这段文字，请更换。
   *[other] 工作室不处理其中的某张图片，请换其他图片。
}
job-error-pose = 没能清楚地辨认出人物。单人正面照效果最好。
job-error-input-validation = { $tool ->
    [video] 工作室无法使用这张图片或这段文字，请修改。
   *[other] 工作室无法使用这些图片，请换其他图片。
}
job-error-internal = 工作室自身出了故障，请稍后再试。
job-error-timeout = 用时过长，我们不再等待。
job-error-no-verdict = 工作室一直没有给出结果，按失败处理。
job-error-result-unavailable = { $tool ->
    [video] 视频已做好，但无法从工作室取回。
   *[other] 图片已做好，但无法从工作室取回。
}
job-error-rejected = 工作室拒绝了这次制作。
job-error-unknown = 制作失败，工作室没有说明原因。
job-error-free = 没有收费。

## 点数明细

statement-page = 点数明细
statement-title = 点数明细
statement-lead = 点数的每一笔变动，最新的在前。
statement-filter-kind = 类型
statement-filter-all = 全部
statement-filter-from = 从
statement-filter-to = 到
statement-filter-button = 查看
statement-filter-clear = 显示全部
statement-csv = 下载 CSV
statement-print-note = { $email } 的点数明细，{ $date }
statement-date = 日期（UTC）
statement-what = 事项
statement-kind = 类型
statement-amount = 变动
statement-balance = 余额
statement-lots = 来源
statement-none = 还没有记录。
statement-none-filtered = 没有符合条件的记录。
statement-kind-grant = 获得
statement-kind-hold = 预留
statement-kind-capture = 使用
statement-kind-release = 退回
statement-kind-deduct = 扣除
statement-kind-take-back = 扣回
statement-kind-expire = 过期
statement-kind-freeze = 冻结
statement-kind-unfreeze = 解冻
statement-kind-closed = 结案
statement-kind-debt = 欠额
statement-kind-debt-paid = 抵扣欠额
statement-reason-initial = 初始点数
statement-reason-purchase = 购买：{ $item }
statement-reason-bonus = 赠送：{ $item }
statement-reason-try-on-hold = 试穿开始
statement-reason-try-on-done = 试穿完成
statement-reason-try-on-returned = 试穿未完成，已退回
statement-reason-video-hold = 视频开始
statement-reason-video-done = 视频完成
statement-reason-video-returned = 视频未完成，已退回
statement-reason-plan-hold = 试穿开始，由套餐支付
statement-reason-plan-done = 试穿完成，由套餐支付
statement-reason-plan-returned = 试穿未完成，已退回套餐次数
statement-reason-trial-hold = 试穿开始，用免费试用支付
statement-reason-trial-done = 试穿完成，用免费试用支付
statement-reason-trial-returned = 试穿未完成，已退回免费试用
statement-reason-expired = 到期未用
statement-reason-take-back = 款项退回：{ $item }
statement-reason-take-back-undone = 款项最终未退回：{ $item }
statement-reason-freeze = 付款有争议：{ $item }
statement-reason-unfreeze = 争议结束：{ $item }
statement-reason-debt = 点数已用掉：{ $item }
statement-reason-debt-paid = 用新点数抵扣
statement-reason-operator-add = 管理员增加：{ $reason }
statement-reason-operator-deduct = 管理员扣除：{ $reason }
statement-reason-own-deduct = 您自行扣除：{ $reason }
statement-reason-no-note = 无说明
statement-lot-initial = 初始
statement-lot-purchase = 购买
statement-lot-bonus = 赠送
statement-lot-grant = 发放
statement-lot-part = { $source } { $n }

## 账户

account-page = 账户
account-title = 账户
account-profile = 个人资料
account-name-save = 保存称呼
account-name-pending = 正在保存……
account-saved = 已保存。
account-email-verified = 已验证
account-email-unverified = 尚未验证
account-email-resend = 重新发送链接
account-email-resend-pending = 正在发送……
account-email-new = 新邮箱
account-email-hint = 我们会向它发送链接，您打开并确认后才会更换。
account-email-button = 发送链接
account-email-sent = 链接已发送到新邮箱，您在那里确认后邮箱才会更换。
account-email-same = 这就是您现在的邮箱。
account-email-elsewhere = 您的邮箱由您来自的系统管理，请在那里修改。
account-password-first = 您的账户还没有密码，所以这里无法确认是您本人。
account-password-choose = 请先设置密码
account-language = 语言
account-language-text = 页面和邮件使用的语言。
account-language-save = 使用此语言
account-password = 密码
account-password-present = 当前密码
account-password-wrong = 当前密码不正确。
account-password-note = 您在这里保持登录，其他设备都会退出，API 令牌也会失效。
account-password-button = 修改密码
account-password-forgot = 我忘记了密码
account-password-done = 密码已修改。其他设备都已退出，API 令牌已失效。
account-sessions = 已登录的设备
account-sessions-text = 30 天没有访问，会话会自动结束。
account-session-here = 当前浏览器
account-session-since = { $date } 起
account-session-unknown = 未知设备
account-session-end = 退出登录：{ $device }
account-session-ending = 正在退出…
account-session-ended = 已退出登录。
account-sessions-end = 退出其他所有设备
account-tokens = API 令牌
account-tokens-text = 令牌让您的程序以您的名义使用 { -brand }，权限由您决定。
account-token-name = 名称
account-token-name-hint = 方便您日后辨认。
account-token-scopes = 允许的操作
account-token-scope-missing = 请至少选择一项。
account-token-scope-forbidden = 只有管理员可以给令牌这项权限。
account-token-many = 您已有 50 个令牌，请先撤销不再使用的。
account-token-create = 创建令牌
account-token-creating = 正在创建…
account-token-made = 令牌已创建，请立即复制。
account-token-secret = 您的新令牌
account-token-once = 我们只保存它的指纹，所以只显示这一次。
account-token-unnamed = 未命名
account-token-since = 创建于 { $date }
account-token-used = 最近使用 { $date }
account-token-unused = 尚未使用
account-token-revoke = 撤销
account-token-revoke-one = 撤销 { $name }
account-token-revoking = 正在撤销…
account-token-revoked = 已撤销，不再有效。
scope-credits-read = 查看余额和账单
scope-credits-spend = 从您自己的账户扣除点数
scope-jobs = 创建、查看和删除任务
scope-credits-write = 修改任何账户的点数
scope-users-sync = 为其他系统建立账户
scope-admin = 管理页面的全部操作
account-since = { $date } 加入
account-sign-out = 退出登录
account-sign-out-text = 结束此浏览器中的登录。
account-export = 您的数据
account-export-text = 我们所掌握的有关您的全部内容，打包为一个 ZIP 文件：账户和钱包、账单的每一行、购买记录、任务、登录和令牌（不含其密钥），以及您的图片和视频。
account-export-button = 下载全部
account-delete = 删除账户
account-delete-goes = 以下内容将永久删除：您的邮箱和姓名，图片、视频、草稿及您为它们写的文字，所有登录和 API 令牌，以及剩余的点数和试用次数。排队的任务会取消；正在制作的任务结束后，其文件也会删除。
account-delete-plan = 套餐立即结束，剩余时间不退款。未付款的订单不能再支付。
account-delete-stays = 保留的内容不含任何姓名：以编号记录的购买和使用账目，以及您邮箱的指纹，确保新用户点数只发放一次。支付服务商保留其自己的记录。
account-delete-email = 此账户的邮箱
account-delete-button = 永久删除我的账户
account-delete-pending = 正在删除……
account-delete-other = 这不是此账户的邮箱。
account-delete-last = 您是唯一的管理员，请先让其他人成为管理员。
goodbye-page = 账户已删除
goodbye-title = 您的账户已删除
goodbye-text = 所有设备均已退出登录。您的文件正在删除；仍在制作的内容结束后也会立即删除。
goodbye-button = 返回首页

## 错误

error-home = 回到首页
error-dashboard = 前往概览
error-retry = 重试
error-reference = 联系我们时请注明编号：{ $id }
error-not-found-title = 这里没有这个页面
error-not-found-text = 它可能已移走，或者地址不太对。
error-forbidden-title = 您无法执行此操作
error-forbidden-text = 您的账户没有相应的权限。
error-cross-site-title = 这个请求来自其他网站
error-cross-site-text = 为了安全，我们没有执行。如果是您本人，请在本站打开页面后重试。
error-rate-limited-title = 稍微慢一点
error-rate-limited-text = 请等 { $seconds } 秒后再试。没有扣费。
error-internal-title = 我们这边出了故障
error-internal-text = 故障已记录，我们会处理。如果您正在付款或制作图片，不会有损失：付过的会到账，没做成的不收费。
error-unavailable-title = 暂时无法使用
error-unavailable-text = 我们依赖的一项服务没有响应，没有扣费。请过几分钟再试。
error-interrupted-title = 服务暂时中断
error-interrupted-text = 我们的数据库刚才没有响应。如果您正在提交内容，请返回并重新提交：同一份表单无论提交多少次，都只会执行一次。已付的款项绝不会丢失。
error-insufficient-credits = 剩余次数不足，请购买点数包。
error-validation = 表单还有不对的地方，请看标出的栏目。
error-idempotency-mismatch = 这个表单之前以不同内容提交过，请再按一次按钮。
error-conflict = 这一步已经完成，或情况有了变化，请刷新页面看看。
error-too-many-jobs = 您有太多作品正在制作，请等其中一件完成。

## 邮件

mail-hello = 您好！
mail-fact = { $name }：{ $value }
mail-act = { $act }：
mail-verify-subject = 请验证您的邮箱
mail-verify-text = 请确认这个邮箱属于您。
mail-verify-act = 验证我的邮箱
mail-verify-note = 链接 { $days } 天内有效。如果您没有在 { -brand } 注册账户，请忽略这封邮件。
mail-reset-subject = 设置新密码
mail-reset-text = 有人（很可能是您本人）申请重设密码。
mail-reset-act = 设置新密码
mail-reset-note = 链接只能使用一次，{ $minutes } 分钟内有效。如果不是您本人操作，请忽略这封邮件，密码不会改变。
mail-change-subject = 请确认您的新邮箱
mail-change-text = 有人（很可能是您本人）想把这个邮箱用于 { -brand } 的账户。您确认后才会更换。
mail-change-act = 查看更换
mail-change-note = 链接只能使用一次，{ $hours } 小时内有效。如果不是您本人操作，请忽略这封邮件，不会有任何改变。
mail-taken-subject = 这个邮箱已有账户
mail-taken-text = 有人（很可能是您本人）想把这个邮箱用于 { -brand } 的另一个账户。它已有自己的账户，所以没有任何改变。
mail-taken-act = 用这个邮箱登录
mail-taken-note = 如果要把它用于另一个账户，请先更换或删除这个账户的邮箱。如果不是您本人操作，请忽略这封邮件。
mail-moved-subject = 您的账户邮箱已更换
mail-moved-text = 您在 { -brand } 的账户从现在起使用另一个邮箱。这个邮箱不能再登录，之前发来的链接也已失效。
mail-moved-act = 用新邮箱登录
mail-moved-note = 如果不是您本人操作，请立即联系我们：{ $contact }。您已登录的设备仍保持登录，可以在那里修改密码。
mail-receipt-subject = 您的收据：{ $item }
mail-receipt-text = 感谢您的购买。款项已到账，所购内容已存入您的账户。
mail-receipt-brings = 包含
mail-receipt-act = 打开收据
mail-receipt-note = 收据可以打印，并一直保存在您的付款记录中。
mail-refund-subject = { $amount } 正在退回给您
mail-refund-text = 款项已按原支付方式退回，银行最多需要十天才会显示。
mail-refund-amount = 退款金额
mail-refund-date = 退款日期
mail-refund-note = 所购点数将按同样比例收回，明细请见您的账单。
mail-refund-note-plan = 您购买的点数不受影响。如全额退款，套餐随之结束。
mail-renewal-subject = { $plan } 续费未成功
mail-renewal-text = { $plan } 的续费没有成功。{ $date } 之前一切照旧，套餐继续有效。
mail-renewal-act = 付款或更换银行卡
mail-renewal-note = 如到期仍未付款，套餐将暂停，付款后恢复。您购买的点数始终属于您。

## 服务条款

terms-page = 服务条款
terms-title = 服务条款
terms-updated = 版本 { $version }
terms-who-title = 服务提供者
terms-who-text = { -brand } 由 { $seller } 运营，联系方式：{ $contact }。
terms-credits-title = 点数
terms-credits-text = 点数用于支付本工作室的制作。点数不是货币，不能兑换现金或转让；除非点数包另有说明，购买的点数不会过期。制作成功才收费，失败自动退回。
terms-refunds-title = 退款
terms-plans-title = 套餐
terms-plans-text = 套餐按期预付并自动续订，您可以随时在充值页终止；终止后可继续使用到已付款的这一期结束。升级立即生效并补收差价，降级从下一期起生效。续费未付款时，有三天时间补付。
terms-refunds-text = 付款退回时，按比例扣回相应的点数。如果点数已经用掉，账户会显示欠额，之后获得的点数先行抵扣。某一期套餐的款项全部退回时，该套餐随之终止。
terms-withdrawal-title = 撤回权
terms-withdrawal-text = 在欧盟，您可以在 14 天内撤回购买。如果您要求我们立即提供服务，对已使用的点数不再享有此权利。
terms-pictures-title = 您的图片
terms-pictures-text = 请只使用您本人的照片，或您有权使用的照片。不得含有裸露内容、涉及未成年人的性内容，不得违背他人意愿。工作室会检查并拒绝此类内容。
terms-results-title = 您的作品
terms-results-text = 您制作的图片归您使用。图片由机器生成，剪裁、颜色和合身程度可能与实物不同。
terms-changes-title = 条款变更
terms-changes-text = 变更生效前我们会通知您。您接受的版本会随账户保存。
terms-sandbox = 这里是沙盒环境，不会产生真实付款，以上内容不构成任何约束。

## 隐私说明

privacy-page = 隐私说明
privacy-title = 隐私说明
privacy-updated = 版本 { $version }
privacy-who-title = 责任方
privacy-who-text = { $seller }，{ $contact }。
privacy-what-title = 我们保存什么
privacy-what-text = 您的邮箱、您填写的称呼、经过不可逆处理的密码、不含卡号的付款记录、每一笔点数变动、首次上传图片的时间，以及您的图片、视频和描述它们的文字。
privacy-pictures-title = 您的图片和视频
privacy-pictures-text = 只有您能打开。制作试穿或视频时，图片和文字会发送给{ $provider }。原图在 { $days } 天后删除；成品保留到您删除为止。
privacy-cookies-title = Cookie
privacy-cookies-text = 一个用于保持登录，一个用于记住语言，还有一个在关闭浏览器前记录页面能否自动跟进任务。没有跟踪，没有广告，不加载其他网站的内容。
privacy-payments-title = 付款
privacy-payments-text = 您在 { $provider } 的页面付款。我们只会得知您是否付款、金额和方式，不会得知卡号。
privacy-rights-title = 您的权利
privacy-rights-text = 您可以查看、更正、带走和删除我们保存的内容。删除账户后，图片和个人信息会被清除；依法保留的账簿只有数字，没有姓名。

## 沙盒

sandbox-page = 沙盒
sandbox-title = 沙盒环境
sandbox-lead = 这里的一切都与正式环境一样运行，但不会产生真实付款：支付服务和图片工作室都是随 { -brand } 一起运行的替身。
sandbox-buy = 去购买
sandbox-accounts-title = 体验账户
sandbox-cards-title = 测试卡
sandbox-card-number = 卡号
sandbox-card-outcome = 结果
sandbox-card-success = 付款成功。
sandbox-card-declined = 卡被拒绝。
sandbox-card-insufficient = 被拒绝：余额不足。
sandbox-card-expired = 被拒绝：卡已过期。
sandbox-card-cvc = 被拒绝：安全码错误。
sandbox-card-processing = 被拒绝：银行未能处理。
sandbox-card-authentication = 先由银行验证（3-D Secure），然后付款成功。
sandbox-card-disputed = 付款成功，随后被争议。
sandbox-card-once = 套餐首次付款成功，之后续费被拒绝。
sandbox-card-refund-later = 付款成功，退款需要一段时间。
sandbox-card-refund-fails = 付款成功，退款随后失败。
sandbox-places = 本页内容
sandbox-nothing = 还没有内容。
sandbox-creem = Creem
sandbox-at-creem = Creem：{ $what }
sandbox-acts = 可以发生什么
sandbox-date = 时间（UTC）
sandbox-period = 期间
sandbox-clock-title = 时钟
sandbox-clock-now = 沙盒现在是 { $now }（UTC）。
sandbox-clock-text = 时钟只能向前。套餐续订、账单重试、点数过期、付款页过期，都会像真实时间流逝一样发生。
sandbox-clock-hour = 前进一小时
sandbox-clock-day = 前进一天
sandbox-clock-days = 前进四天
sandbox-clock-month = 前进 32 天
sandbox-subscriptions-title = 订阅
sandbox-subscription-ends = 本期结束后终止
sandbox-subscription-acts = 立即结束本期
sandbox-renew-paid = 下一期付款成功
sandbox-renew-failed = 银行卡被拒绝
sandbox-payments-title = 付款
sandbox-payment-acts = 退款或争议
sandbox-refunded = 已退款 { $amount }
sandbox-refund-amount = 金额，以最小单位计（分）
sandbox-refund-hint = 全部：{ $left }
sandbox-refund-fails = 退款随后失败
sandbox-refund-button = 退款
sandbox-dispute = 争议
sandbox-dispute-open = 发起争议
sandbox-dispute-won = 争议胜诉，付款有效
sandbox-dispute-lost = 争议败诉，款项退回
sandbox-checkouts-title = 付款页
sandbox-checkout-open = 打开页面
sandbox-page-of = 付款页编号
sandbox-events-title = Webhook
sandbox-event = 事件
sandbox-delivery = 送达
sandbox-delivery-none = 未发送
sandbox-delivery-held = 暂扣
sandbox-delivery-done = 已送达，答复 { $status }
sandbox-delivery-due = 将于 { $at } 发送
sandbox-delivery-gone = 尝试 { $n } 次后放弃（{ $status }）
sandbox-resend = 再发一次
sandbox-duplicate = 同时发两次
sandbox-drop = 停止发送
sandbox-release = 放行暂扣的事件，最新的在前
sandbox-mode = 今后事件的发送方式
sandbox-mode-button = 设定
sandbox-mode-normal = 照常立即发送
sandbox-mode-delayed = 延迟 10 秒
sandbox-mode-duplicate = 每个发三次
sandbox-mode-reversed = 先暂扣，再从最新的开始发
sandbox-mode-never = 完全不发送
sandbox-webhooks-title = 单笔付款通知的送达方式
sandbox-webhook-mode = Webhook
sandbox-webhook-effect = 结果
sandbox-webhook-normal = 照常立即发送。
sandbox-webhook-delayed = 延迟若干毫秒后发送。
sandbox-webhook-duplicate = 发送多次，只到账一次。
sandbox-webhook-before = 在您返回之前发送。
sandbox-webhook-never = 完全不发送，点数照样到账。
sandbox-mail-page = 沙盒邮件
sandbox-mail-title = 邮件
sandbox-mail-lead = 邮件不会真正寄出，都保存在这里。
sandbox-mail-none = 还没有邮件。
sandbox-mail-open = 以邮件程序的样式查看“{ $subject }”

## The page that tries the client

test-credits-page = 试用客户端
test-credits-title = 客户端
test-credits-lead = 一个文件，浏览器和 Node 都能用，能向 { -brand } 询问与积分有关的一切。这里的每个调用都作用于你自己的钱包。
test-credits-open = 试用客户端
test-credits-sandbox = 前往沙盒
test-credits-calls = 调用
test-credits-file = 文件：
test-credits-script = 客户端
test-credits-types = 类型
test-credits-plain = 上面的数字无需脚本也是真实的；要试用调用，请启用脚本。
test-credits-try-ons = 剩余试穿次数
test-credits-videos = 剩余视频次数
test-credits-run = 运行
test-credits-of-credits = 读取钱包，每次都向服务器询问。
test-credits-of-on-credits = 立即并在每次变化时回调最新的钱包，再次运行即停止。
test-credits-of-has-enough = 回答是否付得起一次试穿：积分、免费试用或套餐均可。
test-credits-of-deduct = 花掉你的 1 个积分。连接中断时会用同一个键重试，因此只扣一次。
test-credits-of-checkout = 开始购买第一个积分包；答复中有付款页的地址。
test-credits-of-try-on = 用两张示例图片开始一次试穿。
test-credits-of-wait-for-job = 等待此处最近开始的任务结束，无需反复询问。
test-credits-of-job = 读取该任务的当前状态。
test-credits-of-jobs = 逐页读取你的任务；这里是最新的五个。
test-credits-of-entries = 逐页读取你的明细；这里是最新的五条。
test-credits-of-catalog = 读取价目。
test-credits-of-on-state = 回调是否正在进行、出了什么错以及最新的钱包，再次运行即停止。

## 样式指南

style-page = 样式指南
style-title = 页面由什么组成
style-lead = 各个页面共用的颜色、字体与部件。
style-colours = 颜色
style-type = 字体
style-space = 间距
style-specimen = 一件亚麻衬衫，三种尺码
style-buttons = 按钮与链接
style-button = 按钮
style-button-main = 主按钮
style-button-plain = 朴素按钮
style-button-small = 小按钮
style-button-danger = 无法撤销的操作
style-link = 文中的链接
style-pending = 正在发送…
style-fields = 输入框
style-field = 输入框
style-field-hint = 应填写的内容。
style-field-wrong = 未被接受的输入框
style-field-error = 哪里有误，应如何处理。
style-notices = 提示
style-notice = 请留意。
style-figures = 数字、状态与图表
style-figure = 点数
style-chart = 每日
style-gauge = 制作进度
style-table = 表格

## 程序读到的错误

problem-bad-image = 图片无法使用
problem-bad-signature = 签名无效
problem-bad-signature-why = 签名缺失、错误或已过期。
bulk-no-account = 没有使用此邮箱的账户。
bulk-insufficient = 可用点数只有 { $remaining }。
bulk-not-undone = { $left } 点已使用或被占用，无法撤回。
problem-conflict = 冲突
problem-conflict-email = 此邮箱已注册。
problem-conflict-deleted = 此账户已删除，不会重新创建。
problem-conflict-ended = 任务已经结束。
problem-conflict-has-plan = 此账户已有套餐，请改为更换套餐。
problem-conflict-in-flight = 使用此 Idempotency-Key 的请求仍在处理中。
problem-conflict-no-draft = 图片已不存在，请重新发送。
problem-conflict-no-plan = 此账户没有套餐。
problem-conflict-not-ended = 任务尚未结束，请先取消。
problem-conflict-not-paid = 此订单未付款。
problem-conflict-nothing-left = 这笔付款已全部退回。
problem-conflict-refund-refused = 支付方拒绝退回这笔款项；已重新读取它对这笔付款的说明。
problem-conflict-by-hand = 无法得知正确的内容，此项需人工处理。
problem-conflict-same-plan = 此账户已在使用该套餐。
problem-conflict-tokens = 此账户已有 50 个令牌，请先撤销一个。
problem-conflict-undone = 该批次已撤销，请使用新的批次号。
problem-conflict-unparsed = 此事件无法读取，没有可执行的内容。
problem-conflict-unverified = 请先验证邮箱地址。
problem-cross-site = 已拒绝
problem-cross-site-why = 此请求来自其他网站。
problem-forbidden = 无权限
problem-forbidden-why = 您的角色或令牌的权限范围不允许此操作。
problem-idempotency-mismatch = 键已被使用
problem-idempotency-mismatch-why = 此 Idempotency-Key 已用于内容不同的请求。
problem-insufficient-credits = 点数不足
problem-internal = 内部错误
problem-internal-why = 我们这边出了问题，已记入日志。
problem-method-not-allowed = 方法不允许
problem-method-not-allowed-why = 此地址不接受该方法。
problem-not-found = 未找到
problem-not-found-why = 这里没有您可以查看的内容。
problem-payload-too-large = 内容过大
problem-payload-too-large-why = 请求超过了允许的大小。
problem-provider-unavailable = 暂不可用
problem-provider-unavailable-why = 服务商没有响应，未产生任何费用。
problem-rate-limited = 请求过多
problem-rate-limited-why = 请求过于频繁，请稍后再试。
problem-sign-in-wrong = 邮箱或密码错误。
problem-too-many-jobs = 任务过多
problem-too-many-jobs-why = 您未完成的任务过多。
problem-unauthenticated = 未登录
problem-unauthenticated-why = 请登录，或发送有效的 Bearer 令牌。
problem-unavailable = 服务中断
problem-unavailable-why = 服务暂时中断。请用相同的 Idempotency-Key 再次发送同一请求，只会执行一次。
problem-unsupported-media = 不支持的内容类型
problem-unsupported-media-json = 此处接受 application/json。
problem-unsupported-media-multipart = 此处接受 multipart/form-data。
problem-validation = 输入无效
problem-validation-why = 部分字段不符合要求。

## 程序读到的字段错误

wrong-above-zero = 须为大于零的整数
wrong-account = 须为账户 ID
wrong-boolean = 须为 true 或 false
wrong-count = 须为 { $least } 至 { $most } 行
wrong-choice = 须为以下之一：{ $words }
wrong-credits = 须为 1 至 { $most }（set 操作从 0 起）
wrong-cursor = 不属于此列表
wrong-data-uri = 须为 data URI，例如 data:image/jpeg;base64,…
wrong-email = 须为邮箱地址
wrong-form = 请发送表单的所有字段。
wrong-from-zero = 须为不小于零的整数
wrong-incomplete = 内容不完整
wrong-length = 须为 { $least } 至 { $most } 个字符
wrong-list = 须为列表
wrong-missing = 缺少此字段
wrong-multipart = multipart 数据不完整
wrong-not-sold = 未在售
wrong-not-sold-there = 不出售此商品
wrong-object = 须为 JSON 对象
wrong-off = 未启用
wrong-own-account = 不能是您自己的账户
wrong-other-rows = 与该批次开始时的行不同
wrong-printable = 须为 1 至 255 个可打印字符
wrong-refund = 超过了可退金额
wrong-scope = 含有只有管理员才能授予的权限
wrong-text = 须为文本
wrong-texts = 须为文本列表
wrong-time = 须为 YYYY-MM-DD 或 RFC 3339 时间
wrong-span = 距结束日不得超过 { $most } 天
wrong-token = 已失效
wrong-too-long = 最多 { $most } 个字符
wrong-top-up = 须为商品目录范围内的整数金额
wrong-unreadable = 无法读取
wrong-whole-number = 须为整数
wrong-word = 不在可选范围内

## 管理

bar-admin = 管理
admin-places = 管理页面
admin-all = 全部
admin-nothing = 暂无内容。
admin-pending = 正在处理…
admin-reason = 原因
admin-remaining = 剩余点数
admin-held = 占用
admin-frozen = 冻结
admin-used = 已用
admin-removed = 扣除
admin-total = 总计
admin-debt = 欠额
admin-overview-page = 概览
admin-overview-title = 概览
admin-overview-lead = 每日合计，按 UTC 计。
admin-overview-span = 天数
admin-overview-charts = 逐日
admin-days = { $n } 天
admin-revenue = 收入
admin-refunded = 退款
admin-sold = 售出点数
admin-given = 赠送点数
admin-spent = 消耗点数
admin-returned = 退回点数
admin-lapsed = 过期点数
admin-taken-back = 收回点数
admin-signed-up = 注册人数
admin-active = 活跃人数
admin-paying = 付费人数
admin-succeeded = 完成任务
admin-failed = 失败任务
admin-chart-revenue = { $currency } 收入
admin-providers = 服务商
admin-provider = 服务商
admin-failure-rate = 失败率
admin-length = 平均耗时
admin-credits = 点数
admin-margin = 毛利
admin-margin-how = 毛利：这些任务所用点数的平均售价，减去目录中服务商的成本。
admin-percent = { $n } %
admin-seconds = { $n } 秒
admin-tool = { $tool ->
    [video] 视频
   *[other] 试穿
}
admin-people-page = 用户
admin-people-title = 用户
admin-people-lead = 所有账户，最新的在前。
admin-people-search = 邮箱开头或 ID
admin-people-standing = 状态
admin-people-since = 注册时间
admin-standing-admin = 管理员
admin-standing-user = 正常
admin-standing-blocked = 已封禁
admin-standing-unverified = 邮箱未验证
admin-standing-debt = 有欠额
admin-person-page = 用户详情
admin-adjust = 手动调整点数
admin-adjust-action = 操作
admin-add = 增加
admin-deduct = 扣除
admin-set = 设为
admin-adjust-amount = 点数
admin-adjust-again = 再次输入同一数字
admin-adjust-again-hint = 仅在超过 { $n } 点时需要。
admin-adjust-reason-hint = 会显示在对方的账单和审计日志中。
admin-adjust-button = 调整点数
admin-credits-changed = 点数已调整。
admin-credits-bounds = 须为 1 至 { $most } 的整数，“设为”可从 0 起。
admin-type-again = 这么多点数须输入两次，且必须一致。
admin-reason-missing = 请填写原因。
admin-too-few = 可用点数不足，未作任何更改。
admin-own-account = 不能封禁您自己的账户。
admin-access = 访问权限
admin-block-text = 立即在所有设备退出登录，API 令牌失效，并禁止再次登录。点数保留。
admin-block = 封禁此账户
admin-blocked = 已封禁。
admin-unblock-text = 此账户已被封禁。
admin-unblock = 解除封禁
admin-unblocked = 对方可以重新登录了。
admin-sessions = 会话
admin-sessions-none = 没有登录的设备。
admin-audit-page = 审计日志
admin-audit-title = 审计日志
admin-audit-lead = 管理员的操作记录，最新的在前，不可更改。
admin-audit-action = 操作
admin-audit-actor = 操作人
admin-audit-target = 对象
admin-audit-change = 变更
admin-events-page = Webhook
admin-events-title = Webhook 收件箱
admin-events-lead = 支付服务商的通知及处理结果。
admin-events-kind = 事件
admin-events-state = 状态
admin-events-about = 关于
admin-events-attempts = 次数
admin-events-replay = 重新处理
admin-events-replay-one = 重新处理：{ $about }
admin-events-replay-failed = 重新处理全部失败事件（{ $n }）
admin-event-received = 等待中
admin-event-processed = 已完成
admin-event-ignored = 无需处理
admin-event-unparsed = 无法读取
admin-event-failed = 失败
admin-replayed = 正在重新处理，已发放的不会重复发放。
admin-jobs-page = 任务
admin-jobs-title = 任务
admin-jobs-lead = 所有账户的任务，最新的在前。
admin-jobs-search = 任务编号、服务商编号或邮箱地址
admin-jobs-tool = 工具
admin-jobs-code = 失败原因
admin-jobs-stuck = 仅显示已超过期限的
admin-jobs-tries = 尝试次数
admin-jobs-paid = 支付方式
admin-jobs-trial = 试用
admin-jobs-plan = 套餐
admin-jobs-length = 时长
admin-job-page = 任务详情
admin-job-title = { $tool ->
    [video] 视频任务
   *[other] 试穿任务
}
admin-job-stuck = 已超过期限
admin-job-fetches = 获取结果失败次数
admin-job-files = 保留的文件
admin-job-no-files = 无
admin-file-person = 人物照片
admin-file-garment = 服装照片
admin-file-picture = 首帧图片
admin-file-result = 结果
admin-job-course = 经过
admin-job-entry = 明细编号
admin-job-wanted = 提交
admin-job-submitted = 最近一次发送给服务商
admin-job-taken = 服务商已接收
admin-job-called-back = 服务商回调
admin-job-ended = 结束
admin-job-failed = 以失败结束
admin-job-deleted = 已由所有者删除
admin-job-next = 下次检查
admin-job-deadline = 期限
admin-job-act = 手动处理
admin-job-act-text = 已结束的任务不会再变：未经用户同意不会再次扣费。
admin-job-over = 任务已结束，无法再进行任何操作。
admin-job-retry = 立即重试
admin-job-cancel = 取消（与用户自行取消相同）
admin-job-release = 不等结果直接结束，并退回已预留的部分
admin-job-act-button = 执行
admin-job-retried = 正在检查该任务。
admin-job-cancelled = 已取消。如果服务商已经接收，则以服务商的结果为准。
admin-job-released = 已结束。预留的部分已退回，之后的结果不会再影响金额。
admin-job-had-ended = 该任务此前已结束，未作任何更改。
admin-settings-page = 设置
admin-settings-title = 当前设置
admin-settings-lead = 此进程启动时的设置。设置通过环境变量修改，密钥永不显示。
admin-settings-variables = 设置项
admin-setting = 设置项
admin-setting-value = 值
admin-setting-from = 来源
admin-setting-set = 已设置
admin-setting-default = 默认
admin-setting-unset = 未设置
admin-mode = 模式
admin-mode-sandbox = 沙盒：不涉及真实资金
admin-mode-live = 正式
admin-site = 网站地址
admin-database = 数据库
admin-migrations = 数据库迁移
admin-version = 版本
admin-node = 当前节点
admin-started = 启动时间
admin-provider-does = 用途
admin-provider-heard = 最近一次读完
admin-takes-money = 支付
admin-makes-pictures = 图片与视频
admin-provider-on = 已启用
admin-provider-read = 正在读取其事件
admin-provider-answers = 正常响应
admin-provider-down = 刚才拒绝了所有请求
admin-catalogue = 商品目录
admin-catalogue-item = 项目
admin-catalogue-gives = 点数或次数
admin-catalogue-price = 价格
admin-catalogue-cost = 成本 { $cost }
admin-catalogue-top-up = 任意金额，每单位
admin-catalogue-bounds = { $min } 至 { $max }
admin-catalogue-uses = { $n } 次试穿
admin-catalogue-unlimited = 不限次试穿
admin-bulk-page = 批量更改
admin-bulk-title = 批量更改点数
admin-bulk-lead = 以表格更改多个账户：先预览，再执行，每行只执行一次。已执行的可以撤销。
admin-bulk-new = 新建批次
admin-bulk-file = 文件（CSV 或 JSON）
admin-bulk-rows = 或直接粘贴内容
admin-bulk-hint = 最多 { $most } 行，首行须包含以下列：
admin-bulk-look = 先预览
admin-bulk-batches = 已执行的批次
admin-bulk-count = 行数
admin-bulk-id = 批次
admin-batch-page = 批次详情
admin-batch-kept-title = 已预览，尚未执行
admin-batch-kept-lead = 每一行将产生的结果。目前尚未作任何更改。
admin-batch-applied-title = 已执行
admin-batch-applied-lead = 每一行的结果。
admin-batch-undone-title = 已撤销
admin-batch-undone-lead = 每一行收回的部分。此批次的任何行都不会再执行。
admin-batch-gives = 将增加的点数
admin-batch-takes = 将扣除的点数
admin-batch-apply-title = 执行
admin-batch-apply-text = 有误或无法执行的行将被跳过；其余每行只执行一次，重复提交也不例外。
admin-batch-change = 修改内容
admin-batch-again = 点数总数
admin-batch-again-hint = 共涉及 { $n } 点。请输入该数字：{ $plain }
admin-batch-apply = 执行 { $n } 行
admin-batch-undo-title = 撤销
admin-batch-undo-text = 收回各行的更改，以尚可用的点数为限；剩余部分以后可再次收回。
admin-batch-undo = 撤销此批次
admin-batch-applied = 已执行
admin-batch-undone = 已撤销
admin-batch-was-applied = 已执行，每一行的结果见下方。
admin-batch-was-undone = 已尽可能撤销，每一行的结果见下方。
admin-batch-undone-before = 此批次此前已撤销，未作任何更改。
admin-batch-nothing = 没有可执行的行，未作任何更改。
admin-batch-type-total = 请输入此批次涉及的点数总数。
admin-row = 行
admin-row-problem = 原因
admin-row-wrong = 内容有误
admin-row-refused = 无法执行
admin-row-waits = 将执行
admin-row-done = 已完成
admin-row-undone = 已收回
admin-row-undone-in-part = 部分收回
admin-table-empty = 其中没有任何行。
admin-table-long = 一次最多 { $most } 行。
admin-table-large = 内容过大：一次最多 8 MB，请分批提交。
admin-table-line = 第 { $n } 行无法读取：列数与首行不一致，或含有非 UTF-8 字符。
admin-table-column = 首行第 { $n } 列不是 email、action、amount、reason 之一，或重复出现。
admin-table-column-missing = 首行缺少 { $name } 列。
admin-table-row = 第 { $n } 行不是包含 email、action、amount、reason 的对象。

# HTTP API
api-page = HTTP API
api-title = HTTP API
api-lead = 本站的全部功能，供程序调用。
api-document = 供程序读取的版本：OpenAPI
api-token = 程序凭 API 令牌访问；令牌在账户页创建。
api-contents = 目录
api-shapes = 数据结构
api-anyone = 任何人都可调用。
api-session = 仅限已登录的人；令牌不行。
api-account = 已登录的人，或带有 { $scopes } 的令牌。
api-operator = 管理员，或其带有 { $scopes } 的令牌。
api-body = 请求体
api-answers = 应答
api-field = 名称
api-kind = 类型
api-meaning = 含义
api-optional = 可省略
admin-reconciliation-page = 对账
admin-reconciliation-title = 对账
admin-reconciliation-lead = 付款、账本与任务互相核对，每天一次；每项在更正前都会重新核对。
admin-check-now = 立即核对
admin-checked = 核对完成，结果如下。
admin-mended = 已更正，并记入审计日志。
admin-nothing-wrong = 此项已无问题，未作任何更改。
admin-still-wrong = 已尝试更正，但问题仍在。处理经过见审计日志。
admin-by-hand = 无法得知正确的内容，此项需人工处理。未作任何更改。
admin-open-payments = 付款
admin-open-jobs = 任务
admin-open-figures = 数值
admin-report-of = 核对时间
admin-report-problem = 部分内容未能查询：
admin-report-more = 共 { $n } 项，仅显示前面的部分。
admin-reports = 最近 90 天的报告
admin-report-when = 核对时间
admin-report-made = 来源
admin-report-daily = 每日
admin-report-by-hand = 管理员
admin-report-findings = 发现
admin-fault = 不符之处
admin-fault-about = 编号
admin-fault-account = 账户
admin-fault-expected = 应为
admin-fault-found = 实为
admin-fault-mend = 如何更正
admin-fault-mend-one = { $what }：{ $about }
admin-fault-mended = 已更正
admin-fault-payment-without-record = 有付款，没有订单记录
admin-fault-record-without-payment = 有订单记录，没有付款
admin-fault-paid-not-granted = 已付款，未发放
admin-fault-granted-not-paid = 已发放，未付款
admin-fault-granted-twice = 重复发放
admin-fault-wrong-credits = 点数不符
admin-fault-wrong-owner = 账户不符
admin-fault-wrong-currency = 货币不符
admin-fault-wrong-payment = 金额或付款不符
admin-fault-refund-not-taken-back = 已退款，点数未收回
admin-fault-taken-back-without-refund = 点数已收回，没有退款
admin-fault-dispute-not-frozen = 有争议，点数未冻结
admin-fault-frozen-without-dispute = 点数已冻结，没有争议
admin-fault-plan-invoice-without-period = 账单已付，没有套餐周期
admin-fault-period-without-invoice = 有套餐周期，没有已付账单
admin-fault-two-live-plans = 第二个有效套餐
admin-fault-job-without-hold = 任务没有预留
admin-fault-hold-without-job = 有预留，没有任务
admin-fault-held-after-end = 任务已结束，仍在预留
admin-fault-captured-of-failed = 任务未成功，却已扣点
admin-fault-released-of-succeeded = 任务成功，却已退点
admin-fault-double-release = 重复结算
admin-fault-record-against-job = 使用记录与任务不符
admin-fault-wallet-sum = 钱包合计不符
admin-fault-lot-off = 点数批次不符
admin-fault-version-off = 钱包版本不符
admin-fault-trials-off = 试用次数不符
admin-fault-period-off = 套餐周期用量不符
admin-fault-entry-off = 账本条目不符
admin-fault-day-off = 概览中的某一天不符
admin-mend-adopt = 建立记录并发放
admin-mend-fulfil = 重新读取并发放
admin-mend-take-back = 收回点数
admin-mend-correct = 更正
admin-mend-give-back = 退还款项
admin-mend-read-again = 向支付服务商重新读取
admin-mend-withdraw = 撤销该周期
admin-mend-end-plan = 结束较新的套餐并退款
admin-mend-hold = 现在预留，否则停止
admin-mend-settle = 按任务结果结算
admin-mend-make-up = 补偿更正
admin-mend-rebuild = 按账本条目重新计算
admin-mend-by-hand = 需人工处理
