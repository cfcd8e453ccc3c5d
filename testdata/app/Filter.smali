.class public Lcom/example/camera/SensitiveFilter;
.super Ljava/lang/Object;

# reads the list of the app, or the one that was downloaded in its place
.method public static load(Landroid/content/Context;)V
.registers 6
const-string v0, "sensi/sensi_words.txt"
const-string v1, "/data/data/com.example.camera/files/sensi_words"
const-string v2, "https://config.example.com/camera/words?version=2"
const-string v3, "SensitiveFilter"
invoke-static {v3, v0}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
return-void
.end method

.method public other()V
.registers 2
const-string v0, "words"
const-string v1, "http://www.example.com/not-beside-it"
return-void
.end method
